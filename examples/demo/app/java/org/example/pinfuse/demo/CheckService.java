package org.example.pinfuse.demo;

import android.app.Service;
import android.content.Intent;
import android.os.IBinder;
import android.util.Log;
import org.example.pinfuse.demo.net.Client;
import org.example.pinfuse.demo.net.Clients;
import org.example.pinfuse.demo.net.Server;

/** Runs every client in a process of its own, because each process has its own trust managers. */
public final class CheckService extends Service {
    static final String SERVER = "server";

    @Override
    public IBinder onBind(Intent intent) {
        return null;
    }

    @Override
    public int onStartCommand(Intent intent, int flags, final int startId) {
        final Server server = Server.parse(intent.getStringExtra(SERVER));
        new Thread() {
            @Override
            public void run() {
                for (Client client : Clients.all()) {
                    Log.i(DemoApplication.TAG, Clients.report(client, server));
                }
                stopSelf(startId);
            }
        }.start();
        return START_NOT_STICKY;
    }
}
