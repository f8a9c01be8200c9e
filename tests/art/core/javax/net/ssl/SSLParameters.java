package javax.net.ssl;
import java.security.AlgorithmConstraints;
import java.util.*;
public class SSLParameters {
    private String[] suites, protocols, application = {}; private boolean want, need, order; private String identification;
    private AlgorithmConstraints constraints; private List<SNIServerName> names; private Collection<SNIMatcher> matchers;
    public SSLParameters() {}
    public SSLParameters(String[] suites) { setCipherSuites(suites); }
    public SSLParameters(String[] suites, String[] protocols) { setCipherSuites(suites); setProtocols(protocols); }
    public String[] getCipherSuites() { return suites == null ? null : suites.clone(); }
    public void setCipherSuites(String[] s) { suites = s == null ? null : s.clone(); }
    public String[] getProtocols() { return protocols == null ? null : protocols.clone(); }
    public void setProtocols(String[] s) { protocols = s == null ? null : s.clone(); }
    public boolean getWantClientAuth() { return want; }
    public void setWantClientAuth(boolean b) { want = b; need = false; }
    public boolean getNeedClientAuth() { return need; }
    public void setNeedClientAuth(boolean b) { need = b; want = false; }
    public AlgorithmConstraints getAlgorithmConstraints() { return constraints; }
    public void setAlgorithmConstraints(AlgorithmConstraints c) { constraints = c; }
    public String getEndpointIdentificationAlgorithm() { return identification; }
    public void setEndpointIdentificationAlgorithm(String s) { identification = s; }
    public final void setServerNames(List<SNIServerName> n) { names = n; }
    public final List<SNIServerName> getServerNames() { return names; }
    public final void setSNIMatchers(Collection<SNIMatcher> m) { matchers = m; }
    public final Collection<SNIMatcher> getSNIMatchers() { return matchers; }
    public final void setUseCipherSuitesOrder(boolean b) { order = b; }
    public final boolean getUseCipherSuitesOrder() { return order; }
    public String[] getApplicationProtocols() { return application.clone(); }
    public void setApplicationProtocols(String[] s) { application = s.clone(); }
}
