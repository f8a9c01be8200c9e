package lab;

import android.security.keystore.KeyGenParameterSpec;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.security.Key;
import java.security.KeyStoreSpi;
import java.security.Provider;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Collections;
import java.util.Date;
import java.util.Enumeration;
import javax.crypto.KeyGeneratorSpi;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** The phone's key store for HMAC keys, each a file of the folder that the property names. */
public final class Keys extends Provider {
    private static final String MAC = "HmacSHA256";

    Keys() {
        super("AndroidKeyStore", 1.0, "");
        put("KeyStore.AndroidKeyStore", Store.class.getName());
        put("KeyGenerator." + MAC, Generator.class.getName());
    }

    private static File file(String alias) {
        return new File(System.getProperty("lab.keys"), alias);
    }

    public static final class Generator extends KeyGeneratorSpi {
        private String alias;

        @Override
        protected void engineInit(AlgorithmParameterSpec spec, SecureRandom random) {
            alias = ((KeyGenParameterSpec) spec).getKeystoreAlias();
        }

        @Override
        protected SecretKey engineGenerateKey() {
            byte[] key = new byte[32];
            new SecureRandom().nextBytes(key);
            try {
                Files.write(file(alias).toPath(), key);
            } catch (IOException e) {
                throw new ProviderException(e);
            }
            return new SecretKeySpec(key, MAC);
        }

        @Override
        protected void engineInit(SecureRandom random) {}

        @Override
        protected void engineInit(int size, SecureRandom random) {}
    }

    public static final class Store extends KeyStoreSpi {
        @Override
        public Key engineGetKey(String alias, char[] password) {
            if (new File(System.getProperty("lab.keys"), "broken").exists()) throw new ProviderException("broken");
            try {
                return file(alias).exists() ? new SecretKeySpec(Files.readAllBytes(file(alias).toPath()), MAC) : null;
            } catch (IOException e) {
                throw new ProviderException(e);
            }
        }

        @Override
        public void engineLoad(InputStream in, char[] password) {}

        @Override
        public boolean engineContainsAlias(String alias) {
            return file(alias).exists();
        }

        @Override
        public boolean engineIsKeyEntry(String alias) {
            return file(alias).exists();
        }

        @Override
        public void engineDeleteEntry(String alias) {
            file(alias).delete();
        }

        @Override
        public Enumeration<String> engineAliases() {
            return Collections.emptyEnumeration();
        }

        @Override
        public int engineSize() {
            return 0;
        }

        @Override
        public boolean engineIsCertificateEntry(String alias) {
            return false;
        }

        @Override
        public Certificate[] engineGetCertificateChain(String alias) {
            return null;
        }

        @Override
        public Certificate engineGetCertificate(String alias) {
            return null;
        }

        @Override
        public String engineGetCertificateAlias(Certificate certificate) {
            return null;
        }

        @Override
        public Date engineGetCreationDate(String alias) {
            return null;
        }

        @Override
        public void engineSetKeyEntry(String alias, Key key, char[] password, Certificate[] chain) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void engineSetKeyEntry(String alias, byte[] key, Certificate[] chain) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void engineSetCertificateEntry(String alias, Certificate certificate) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void engineStore(OutputStream out, char[] password) {
            throw new UnsupportedOperationException();
        }
    }
}
