"""TLS stacks of Android's Java world: how each is recognised in a DEX file, and how its sessions reach a layer.

Classes are told by the beginning of their descriptor. A library whose classes an obfuscator renamed is still told by
strings that it keeps, where the table names some; where nothing is left, its sessions show in the rows of
``SSLContext`` and ``TrustManagerFactory`` all the same, because those names cannot be changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Reach(Enum):
    """How the sessions of a stack come to a layer."""

    APP = "classes of the app make contexts or trust managers: A1, with A2 behind it"
    SYSTEM = "the system makes them: A2"
    OUTSIDE = "another process opens the session: no layer, and no code of the app takes part"
    OWN = "it does TLS and trust by itself: no layer"


@dataclass(frozen=True, slots=True)
class JavaStack:
    """One stack. ``defined``: the app itself has classes that begin so; ``named``: it names such classes."""

    name: str
    reach: Reach
    evidence: str
    defined: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    calls: tuple[tuple[str, str], ...] = ()
    """Owner and name of methods that the app names."""
    strings: tuple[str, ...] = ()
    """Beginnings of strings that tell it even under other class names; behind the slash stands its version."""
    version: tuple[str, str] | None = None
    """A file beside the code that tells the version, and the key in it."""
    detail: str = ""
    uncovered_by: str = ""
    lab: tuple[str, ...] = ()
    """Clients of the JVM lab that stand for it (`pinfuse.coverage.lab`); ``{}`` is the first number of its
    version, and all of ``LAB_VERSIONS`` where that is not known."""
    read: str = ""
    """Where the lab does not show it all: what was read (version or commit, file or class, method)."""


LAB_VERSIONS = ("3", "4", "5")
NO_ENTRY = "code that runs before the shim's entry point"
IN_FRONT = "a provider with trust managers of its own that the app puts in front"
"""Seen in the lab: HttpsURLConnection then takes the other provider's."""
OWN_PROVIDER = "a provider by name together with a trust manager of the app's own, where A1 is left out"
CLICKED_AWAY = "SslErrorHandler.proceed(), which turns a refusal into success"
LATE = "code that is loaded later, with a provider by name and a trust manager of its own"

STACKS = (
    # What the system makes.
    JavaStack("HttpsURLConnection", Reach.SYSTEM, "lab", named=("Ljavax/net/ssl/HttpsURLConnection;",),
              calls=(("Ljava/net/URL;", "openConnection"), ("Ljava/net/URL;", "openStream")),
              uncovered_by=NO_ENTRY),
    JavaStack("SSLSocketFactory.getDefault", Reach.SYSTEM, "lab",
              calls=(("Ljavax/net/ssl/SSLSocketFactory;", "getDefault"),), uncovered_by=NO_ENTRY),
    JavaStack("WebView", Reach.SYSTEM, "source", named=("Landroid/webkit/WebView;",),
              detail="Chromium asks the system's trust manager factory", uncovered_by=CLICKED_AWAY,
              read="Chromium 07a88bbe: net/features.gni leaves WebView the system's verifier; X509Util"),
    JavaStack("HttpEngine", Reach.SYSTEM, "source", named=("Landroid/net/http/HttpEngine",),
              detail="the system's Cronet asks the system's trust manager factory", uncovered_by=NO_ENTRY,
              read="android-all 15: X509Util.createTrustManager in android.net.connectivity.org.chromium.net"),
    JavaStack("Cronet", Reach.SYSTEM, "source", named=("Lorg/chromium/net/CronetEngine",),
              detail="X509Util asks the system's trust manager factory", uncovered_by=NO_ENTRY,
              read="Chromium 07a88bbe: net/features.gni and cert_verifier.cc, no root store of its own in Cronet"),
    JavaStack("SSLCertificateSocketFactory", Reach.SYSTEM, "source",
              named=("Landroid/net/SSLCertificateSocketFactory;",),
              detail="it asks a provider by name, which asks the system's trust managers", uncovered_by=NO_ENTRY,
              read="android-all 7, 9, 11, 15, 16: makeSocketFactory; SSLParametersImpl.createDefaultX509TrustManager"),
    JavaStack("Apache HttpClient of the system", Reach.SYSTEM, "source",
              named=("Lorg/apache/http/client/", "Lorg/apache/http/impl/client/", "Landroid/net/http/AndroidHttp"),
              uncovered_by=NO_ENTRY,
              read="android-all 7: org.apache.http.conn.ssl.SSLSocketFactory, both ways to make one"),
    # Libraries in the app.
    JavaStack("OkHttp", Reach.APP, "source", defined=("Lokhttp3/OkHttpClient",),
              strings=("okhttp/3.", "okhttp/4.", "okhttp/5."), lab=("OkHttp {}",)),
    JavaStack("OkHttp (com.squareup)", Reach.APP, "source", defined=("Lcom/squareup/okhttp/",),
              strings=("okhttp/2.", "okhttp/1."),
              lab=("OkHttp 2",)),
    JavaStack("Retrofit", Reach.APP, "source", defined=("Lretrofit2/", "Lretrofit/"), detail="on top of OkHttp",
              lab=("Retrofit 2 over OkHttp 3", "Retrofit 2 over OkHttp 4")),
    JavaStack("Volley", Reach.SYSTEM, "source", defined=("Lcom/android/volley/",),
              detail="HurlStack is HttpsURLConnection", uncovered_by=NO_ENTRY, lab=("Volley, HurlStack",)),
    JavaStack("Apache HttpClient 4", Reach.APP, "source",
              defined=("Lorg/apache/http/conn/ssl/", "Lorg/apache/http/impl/client/",
                       "Lcz/msebera/android/httpclient/"),
              version=("org/apache/http/client/version.properties", "info.release"),
              lab=("Apache HttpClient 4", "Apache HttpClient 4 (cz.msebera)")),
    JavaStack("Apache HttpClient 5", Reach.APP, "source", defined=("Lorg/apache/hc/client5/",),
              lab=("Apache HttpClient 5",)),
    JavaStack("Netty", Reach.APP, "source", defined=("Lio/netty/handler/ssl/",),
              version=("META-INF/io.netty.versions.properties", "netty-handler.version"), lab=("Netty",)),
    JavaStack("gRPC (OkHttp)", Reach.APP, "source", defined=("Lio/grpc/okhttp/",), lab=("gRPC, OkHttp transport",)),
    JavaStack("gRPC (Netty)", Reach.APP, "source", defined=("Lio/grpc/netty/",), lab=("gRPC, Netty transport",),
              read="1.68.1: GrpcSslContexts, over Netty; in the lab with the JDK's TLS only, for want of ALPN"),
    JavaStack("gRPC (Cronet)", Reach.SYSTEM, "source", defined=("Lio/grpc/cronet/",), uncovered_by=NO_ENTRY,
              read="grpc-java 0934a62c: CronetChannelBuilder.forAddress takes a CronetEngine"),
    JavaStack("Ktor (CIO)", Reach.APP, "source", defined=("Lio/ktor/network/tls/",),
              detail="its own TLS asks a trust manager of TrustManagerFactory", lab=("Ktor, CIO engine",)),
    JavaStack("Ktor (OkHttp)", Reach.APP, "source", defined=("Lio/ktor/client/engine/okhttp/",),
              lab=("Ktor, OkHttp engine",)),
    JavaStack("Ktor (Android)", Reach.SYSTEM, "source", defined=("Lio/ktor/client/engine/android/",),
              detail="HttpsURLConnection", uncovered_by=NO_ENTRY, lab=("Ktor, Android engine",)),
    JavaStack("Java-WebSocket", Reach.APP, "source", defined=("Lorg/java_websocket/",), lab=("Java-WebSocket",)),
    JavaStack("nv-websocket-client", Reach.SYSTEM, "source", defined=("Lcom/neovisionaries/ws/client/",),
              detail="SSLSocketFactory.getDefault where the app sets nothing; A1 where it sets a context",
              uncovered_by=NO_ENTRY, lab=("nv-websocket-client",)),
    JavaStack("AndroidAsync", Reach.APP, "source", defined=("Lcom/koushikdutta/async/",), lab=("AndroidAsync",)),
    JavaStack("Paho MQTT", Reach.APP, "source",
              defined=("Lorg/eclipse/paho/client/mqttv3/", "Lorg/eclipse/paho/mqttv5/client/"),
              lab=("Paho MQTT 3", "Paho MQTT 5")),
    JavaStack("Smack", Reach.APP, "source", defined=("Lorg/jivesoftware/smack/",), lab=("Smack",)),
    JavaStack("JavaMail", Reach.SYSTEM, "source", defined=("Lcom/sun/mail/", "Lorg/eclipse/angus/mail/"),
              detail="SSLSocketFactory.getDefault; A1 where it makes a factory for hosts that are to be trusted",
              uncovered_by=NO_ENTRY, lab=("JavaMail", "Angus Mail")),
    JavaStack("Google HTTP client", Reach.SYSTEM, "source", defined=("Lcom/google/api/client/http/javanet/",),
              detail="HttpsURLConnection", uncovered_by=NO_ENTRY, lab=("Google HTTP client",)),
    JavaStack("Socket.IO", Reach.APP, "source", defined=("Lio/socket/client/", "Lio/socket/engineio/client/"),
              detail="OkHttp", lab=("Socket.IO",)),
    JavaStack("Pusher", Reach.APP, "source", defined=("Lcom/pusher/client/",), lab=("Pusher",)),
    JavaStack("Jetty client", Reach.APP, "source", defined=("Lorg/eclipse/jetty/client/",), lab=("Jetty client",)),
    JavaStack("RabbitMQ", Reach.APP, "source", defined=("Lcom/rabbitmq/client/",),
              lab=("RabbitMQ, useSslProtocol", "RabbitMQ, platform trust managers")),
    JavaStack("Commons Net, FTPS", Reach.APP, "source", defined=("Lorg/apache/commons/net/ftp/FTPSClient;",),
              lab=("Commons Net, FTPS",)),
    JavaStack("Conscrypt in the app", Reach.APP, "source", defined=("Lorg/conscrypt/",),
              uncovered_by=OWN_PROVIDER,
              lab=("Conscrypt of the app, named provider", "Conscrypt of the app, SSLEngine")),
    JavaStack("Bouncy Castle JSSE", Reach.APP, "source", defined=("Lorg/bouncycastle/jsse/",),
              uncovered_by=OWN_PROVIDER,
              lab=("Bouncy Castle JSSE", "Bouncy Castle JSSE, SSLEngine")),
    JavaStack("provider of Google Play services", Reach.APP, "lab",
              named=("Lcom/google/android/gms/security/ProviderInstaller",),
              detail="ours goes back to the first place at the next session; tried with Conscrypt in its place",
              uncovered_by=LATE),
    # Frameworks that use the above.
    JavaStack("React Native", Reach.APP, "source", defined=("Lcom/facebook/react/modules/network/",),
              detail="OkHttp",
              read="085aea51: OkHttpClientProvider.createClientBuilder sets nothing of TLS"),
    JavaStack("Cordova", Reach.SYSTEM, "source", defined=("Lorg/apache/cordova/",), detail="WebView",
              uncovered_by=CLICKED_AWAY,
              read="cordova-android 15.1.0: SystemWebView extends WebView"),
    JavaStack("Capacitor", Reach.SYSTEM, "source", defined=("Lcom/getcapacitor/",),
              detail="WebView and HttpsURLConnection", uncovered_by=CLICKED_AWAY,
              read="8.4.2: HttpRequestHandler, CapacitorHttpUrlConnection, WebViewLocalServer"),
    JavaStack("Xamarin or .NET", Reach.SYSTEM, "source", defined=("Lmono/android/",),
              detail="AndroidMessageHandler is HttpsURLConnection, with a context of the system where the app decides; "
                     "managed handlers have rows of their own",
              uncovered_by="a managed handler on BTLS",
              read="dotnet/android 2aceefd2: AndroidMessageHandler.SetupSSL"),
    # What other processes do for the app.
    JavaStack("DownloadManager", Reach.OUTSIDE, "none", calls=(("Landroid/app/DownloadManager;", "enqueue"),),
              detail="a process of the system downloads", uncovered_by="always: pin and download inside the app"),
    JavaStack("Custom Tabs", Reach.OUTSIDE, "none", named=("Landroidx/browser/customtabs/CustomTabsIntent",),
              detail="the browser opens the session", uncovered_by="always: it is another app"),
)  # fmt: skip

OWN_TLS = (
    ("Lorg/bouncycastle/tls/TlsClientProtocol;", "Bouncy Castle's TlsClientProtocol"),
    ("Lorg/bouncycastle/crypto/tls/TlsClientProtocol;", "Bouncy Castle's TlsClientProtocol"),
    ("Lorg/spongycastle/crypto/tls/TlsClientProtocol;", "Spongy Castle's TlsClientProtocol"),
)
"""Classes that do TLS without `SSLContext`: a gap where code outside their own package makes one."""

UNCHECKED = (
    ("SSLCertificateSocketFactory, own trust", "Landroid/net/SSLCertificateSocketFactory;", "setTrustManagers"),
    ("SSLCertificateSocketFactory, own trust", "Landroid/net/SSLCertificateSocketFactory;", "getInsecure"),
    ("Ktor (CIO), own trust", "Lio/ktor/network/tls/TLSConfigBuilder;", "setTrustManager"),
)
"""Name of the row, and the call that brings trust managers of the app's own behind the back of A1 and A2."""

PROCEED = ("Landroid/webkit/SslErrorHandler;", "proceed")
"""The call by which a WebView goes on after an error of TLS."""

SERVERS = ("Ljavax/net/ssl/SSLServerSocket;", "Ljavax/net/ssl/SSLServerSocketFactory;")
"""Classes that an app names when it serves TLS itself."""
