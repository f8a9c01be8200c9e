package java.security;
import java.util.Set;
public interface AlgorithmConstraints {
    boolean permits(Set<CryptoPrimitive> p, String a, AlgorithmParameters q);
    boolean permits(Set<CryptoPrimitive> p, Key k);
    boolean permits(Set<CryptoPrimitive> p, String a, Key k, AlgorithmParameters q);
}
