package zqk;

import android.security.keystore.KeyGenParameterSpec;
import android.security.keystore.KeyProperties;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;

/** A key of this install in the phone's key store, which it never leaves (API 23). */
final class B {
    private static final String STORE = "AndroidKeyStore", ALIAS = "zqk", MAC = "HmacSHA256";

    private B() {}

    /** Makes the key, unless it is there; false where the key store cannot. */
    static boolean make() {
        try {
            if (key() != null) return true;
            KeyGenerator generator = KeyGenerator.getInstance(MAC, STORE);
            generator.init(new KeyGenParameterSpec.Builder(ALIAS, KeyProperties.PURPOSE_SIGN).build());
            generator.generateKey();
            return key() != null;
        } catch (GeneralSecurityException e) {
            return false;
        } catch (IOException e) {
            return false;
        } catch (RuntimeException e) {
            return false;
        }
    }

    /** 32 bytes that only this key makes of the data; null where the key is gone. */
    static byte[] sign(byte[] data) throws GeneralSecurityException, IOException {
        Key key = key();
        if (key == null) return null;
        Mac mac = Mac.getInstance(MAC);
        mac.init(key);
        return mac.doFinal(data);
    }

    private static Key key() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(STORE);
        store.load(null);
        return store.getKey(ALIAS, null);
    }
}
