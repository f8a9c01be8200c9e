package android.content.pm;

public class PackageInfo {
    public String versionName = "7.1 \"beta\"";
    public ProviderInfo[] providers = lab.Phone.providers();
    public Signature[] signatures;
    public SigningInfo signingInfo;
}
