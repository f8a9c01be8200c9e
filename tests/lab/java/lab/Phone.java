package lab;

import android.app.Activity;
import android.app.ActivityManager.RunningAppProcessInfo;
import android.app.ActivityThread;
import android.app.AlertDialog;
import android.app.Application;
import android.content.ContentProvider;
import android.content.DialogInterface;
import android.content.pm.ProviderInfo;
import android.os.Bundle;
import android.os.Handler;
import android.os.Looper;
import android.os.Process;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.URLConnection;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.HttpsURLConnection;

/**
 * One process of an app and the person in front of it: sessions, activities that come and go, buttons that are
 * pressed. Arguments: folder of class files, package, APK, provider's class name. Other processes are JVMs of their
 * own: {@code lab.others} names them as {@code process:authority:port:importance,…}.
 */
public final class Phone {
    public static volatile long ahead;
    public static volatile int caller = Process.myUid();

    private static Application application;
    private static ContentProvider provider;
    private static Activity front;

    private Phone() {}

    public static void main(String[] a) throws Exception {
        ClassLoader loader = new URLClassLoader(new URL[] {Paths.get(a[0]).toUri().toURL()}, Phone.class.getClassLoader());
        Device device = new Device(a[1], a[2], new byte[0]);
        application = new Application();
        device.application = application;
        ActivityThread.application = application;
        application.attach(device);
        provider = (ContentProvider) loader.loadClass(a[3]).getDeclaredConstructor().newInstance();
        provider.attach(application);
        Lab.say("ready", String.valueOf(serve()));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ");
            if (words[0].equals("get")) get(words[1]);
            else if (words[0].equals("native"))
                Lab.say("native", String.valueOf(Calls.call(Arrays.copyOfRange(words, 1, words.length))));
            else if (words[0].equals("ahead")) ahead += Long.parseLong(words[1]);
            else if (words[0].equals("locale")) System.setProperty("lab.locale", words[1]);
            else if (words[0].equals("caller")) caller = Integer.parseInt(words[1]);
            else onMain(() -> touch(words[0]));
            Lab.say("done", "");
        }
    }

    /** One session of a library that knows nothing of pins. */
    private static void get(String address) {
        long started = System.nanoTime();
        try {
            URLConnection made = new URL(address).openConnection();
            ((HttpsURLConnection) made).setHostnameVerifier((host, session) -> true);
            made.setConnectTimeout(5000);
            made.setReadTimeout(5000);
            made.getInputStream().close();
            Lab.say("session", "served");
        } catch (IOException e) {
            Throwable cause = e;
            while (cause.getCause() != null) cause = cause.getCause();
            Lab.say("session", cause.getMessage());
        }
        Lab.say("took", String.valueOf((System.nanoTime() - started) / 1000000));
    }

    private static void touch(String what) {
        if (what.equals("resume")) {
            front = new Activity(application);
            for (Application.ActivityLifecycleCallbacks one : application.callbacks) one.onActivityResumed(front);
        } else if (what.equals("pause") || what.equals("turn")) {
            Activity gone = front;
            front = null;
            for (Application.ActivityLifecycleCallbacks one : application.callbacks) one.onActivityPaused(gone);
            if (!what.equals("turn")) return;
            for (Application.ActivityLifecycleCallbacks one : application.callbacks) one.onActivityDestroyed(gone);
            touch("resume");
        } else if (what.equals("ok")) {
            AlertDialog.last.press(DialogInterface.BUTTON_POSITIVE);
        } else if (what.equals("link")) {
            AlertDialog.last.press(DialogInterface.BUTTON_NEUTRAL);
        }
    }

    private static void onMain(Runnable task) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        new Handler(Looper.getMainLooper()).post(() -> {
            try {
                task.run();
            } finally {
                done.countDown();
            }
        });
        done.await();
    }

    private static List<String[]> others() {
        List<String[]> found = new ArrayList<>();
        String text = System.getProperty("lab.others", "");
        if (!text.isEmpty()) for (String one : text.split(",")) found.add(one.split(":"));
        return found;
    }

    public static ProviderInfo[] providers() {
        List<ProviderInfo> found = new ArrayList<>();
        for (String[] one : others()) {
            ProviderInfo info = new ProviderInfo();
            info.name = "zqk.P";
            info.processName = one[0];
            info.authority = one[1];
            found.add(info);
        }
        return found.toArray(new ProviderInfo[0]);
    }

    public static List<RunningAppProcessInfo> running() {
        List<RunningAppProcessInfo> found = new ArrayList<>();
        for (String[] one : others()) {
            RunningAppProcessInfo info = new RunningAppProcessInfo();
            info.processName = one[0];
            info.importance = Integer.parseInt(one[3]);
            info.pid = -1;
            info.uid = Process.myUid();
            found.add(info);
        }
        return found;
    }

    /** A call of another process's provider. */
    public static Bundle call(String to, String method, Bundle extras) {
        for (String[] one : others()) {
            if (!to.equals("content://" + one[1])) continue;
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(one[2]))) {
                DataOutputStream out = new DataOutputStream(socket.getOutputStream());
                out.writeUTF(method);
                out.writeUTF(String.valueOf(extras.getString("host")));
                out.writeInt(extras.getInt("reason", -1));
                return new DataInputStream(socket.getInputStream()).readBoolean() ? new Bundle() : null;
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
        throw new IllegalArgumentException(to);
    }

    /** Lets other JVMs call this one's provider; the port. */
    private static int serve() throws IOException {
        ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(() -> {
            while (true) {
                try (Socket socket = server.accept()) {
                    DataInputStream in = new DataInputStream(socket.getInputStream());
                    String method = in.readUTF(), host = in.readUTF();
                    Bundle extras = new Bundle();
                    extras.putString("host", host);
                    extras.putInt("reason", in.readInt());
                    boolean shown = provider.call(method, null, extras) != null;
                    Lab.say("called", host + " " + shown);
                    new DataOutputStream(socket.getOutputStream()).writeBoolean(shown);
                } catch (IOException e) {
                    return;
                }
            }
        });
        thread.setDaemon(true);
        thread.start();
        return server.getLocalPort();
    }
}
