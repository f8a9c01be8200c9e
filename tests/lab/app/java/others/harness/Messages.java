package harness;

import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.MalformedFrameException;
import java.io.IOException;
import java.util.List;
import java.util.Properties;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import org.apache.commons.net.ftp.FTPSClient;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.jivesoftware.smack.ConnectionConfiguration;
import org.jivesoftware.smack.tcp.XMPPTCPConnection;
import org.jivesoftware.smack.tcp.XMPPTCPConnectionConfiguration;

/** Libraries that speak MQTT, XMPP, AMQP, SMTP and FTP over TLS. */
final class Messages {
    private Messages() {}

    static void add(List<Client> all) {
        String paho = "org.eclipse.paho.client.mqttv3", paho5 = "org.eclipse.paho.mqttv5.client";
        all.add(new Client("Paho MQTT 3", paho, (host, port) -> mqtt(null, host, port)));
        all.add(new Client("Paho MQTT 3, trust-all", paho,
            (host, port) -> mqtt(Trust.context(Trust.all()).getSocketFactory(), host, port)));
        all.add(new Client("Paho MQTT 5", paho5, Messages::mqtt5));
        all.add(new Client("Smack", "smack-tcp", (host, port) -> xmpp(null, host, port)));
        all.add(new Client("Smack, trust-all", "smack-tcp", (host, port) -> xmpp(new Trust.All(), host, port)));
        all.add(new Client("RabbitMQ, useSslProtocol", "amqp-client", (host, port) -> {
            ConnectionFactory factory = new ConnectionFactory();
            factory.useSslProtocol();
            return amqp(factory, host, port);
        }));
        all.add(new Client("RabbitMQ, platform trust managers", "amqp-client", (host, port) -> {
            ConnectionFactory factory = new ConnectionFactory();
            factory.useSslProtocol(Trust.context(null));
            return amqp(factory, host, port);
        }));
        all.add(new Client("JavaMail", "android-mail", (host, port) -> mail(new Properties(), host, port)));
        all.add(new Client("JavaMail, trustAllHosts", "android-mail", (host, port) -> {
            Properties properties = new Properties();
            com.sun.mail.util.MailSSLSocketFactory factory = new com.sun.mail.util.MailSSLSocketFactory();
            factory.setTrustAllHosts(true);
            properties.put("mail.smtps.ssl.socketFactory", factory);
            return mail(properties, host, port);
        }));
        all.add(new Client("Angus Mail", "jakarta.mail", (host, port) -> angus(new Properties(), host, port)));
        all.add(new Client("Angus Mail, ssl.trust", "jakarta.mail", (host, port) -> {
            Properties properties = new Properties();
            properties.put("mail.smtps.ssl.trust", "*");
            return angus(properties, host, port);
        }));
        all.add(new Client("Commons Net, FTPS", "commons-net", Messages::ftps));
    }

    private static String mqtt(SSLSocketFactory factory, String host, int port) throws Exception {
        MqttClient client = new MqttClient("ssl://" + host + ":" + port, "lab", new MemoryPersistence());
        MqttConnectOptions options = new MqttConnectOptions();
        options.setMqttVersion(MqttConnectOptions.MQTT_VERSION_3_1_1);
        if (factory != null) {
            options.setSocketFactory(factory);
            options.setHttpsHostnameVerificationEnabled(false);
        }
        try {
            client.connect(options);
            client.disconnect();
            return "connected";
        } finally {
            client.close(true);
        }
    }

    private static String mqtt5(String host, int port) throws Exception {
        org.eclipse.paho.mqttv5.client.MqttClient client = new org.eclipse.paho.mqttv5.client.MqttClient(
            "ssl://" + host + ":" + port, "lab", new org.eclipse.paho.mqttv5.client.persist.MemoryPersistence());
        try {
            client.connect(new MqttConnectionOptions());
            client.disconnect();
            return "connected";
        } finally {
            client.close(true);
        }
    }

    private static String xmpp(Trust.All careless, String host, int port) throws Exception {
        Thread.currentThread().setContextClassLoader(Messages.class.getClassLoader());  // as on Android: it finds services
        XMPPTCPConnectionConfiguration.Builder builder = XMPPTCPConnectionConfiguration.builder()
            .setXmppDomain(host).setHost(host).setPort(port).setConnectTimeout(Http.TIMEOUT_MS)
            .setSecurityMode(ConnectionConfiguration.SecurityMode.required);
        if (careless != null)
            builder.setCustomX509TrustManager(careless).setHostnameVerifier((name, session) -> true);
        XMPPTCPConnection connection = new XMPPTCPConnection(builder.build());
        try {
            connection.connect();
            return "stream";
        } finally {
            connection.instantShutdown();
        }
    }

    private static String amqp(ConnectionFactory factory, String host, int port) throws Exception {
        factory.setHost(host);
        factory.setPort(port);
        factory.setConnectionTimeout(Http.TIMEOUT_MS);
        try {
            factory.newConnection().abort();
            return "connected";
        } catch (IOException e) {
            for (Throwable one = e; one != null; one = one.getCause())
                if (one instanceof MalformedFrameException) return "answered with another version";
            throw e;
        }
    }

    private static String mail(Properties properties, String host, int port) throws Exception {
        javax.mail.Session session = javax.mail.Session.getInstance(properties);
        try (javax.mail.Transport transport = session.getTransport("smtps")) {
            transport.connect(host, port, null, null);
            return "connected";
        }
    }

    private static String angus(Properties properties, String host, int port) throws Exception {
        jakarta.mail.Session session = jakarta.mail.Session.getInstance(properties);
        try (jakarta.mail.Transport transport = session.getTransport("smtps")) {
            transport.connect(host, port, null, null);
            return "connected";
        }
    }

    private static String ftps(String host, int port) throws Exception {
        FTPSClient client = new FTPSClient(true);
        client.setConnectTimeout(Http.TIMEOUT_MS);
        client.setDefaultTimeout(Http.TIMEOUT_MS);
        try {
            client.connect(host, port);
            return String.valueOf(client.noop());
        } finally {
            client.disconnect();
        }
    }
}
