package android.security.keystore;

import java.security.spec.AlgorithmParameterSpec;

public final class KeyGenParameterSpec implements AlgorithmParameterSpec {
    private final String alias;

    private KeyGenParameterSpec(String alias) {
        this.alias = alias;
    }

    public String getKeystoreAlias() {
        return alias;
    }

    public static final class Builder {
        private final String alias;

        public Builder(String alias, int purposes) {
            if (purposes != KeyProperties.PURPOSE_SIGN) throw new IllegalArgumentException();
            this.alias = alias;
        }

        public KeyGenParameterSpec build() {
            return new KeyGenParameterSpec(alias);
        }
    }
}
