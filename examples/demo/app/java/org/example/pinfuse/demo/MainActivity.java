package org.example.pinfuse.demo;

import android.app.Activity;
import android.content.Intent;
import android.os.Bundle;
import android.view.View;
import android.widget.Button;
import android.widget.EditText;
import android.widget.LinearLayout;
import android.widget.TextView;
import java.util.Collections;
import java.util.List;
import org.example.pinfuse.demo.net.Client;
import org.example.pinfuse.demo.net.Clients;
import org.example.pinfuse.demo.net.Server;

/** One button for each HTTPS client; what each of them met is written below. */
public final class MainActivity extends Activity {
    private EditText server;
    private TextView results;

    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        setContentView(R.layout.main);
        server = (EditText) findViewById(R.id.server);
        results = (TextView) findViewById(R.id.results);
        findViewById(R.id.all).setOnClickListener(runs(Clients.all()));
        findViewById(R.id.other).setOnClickListener(new View.OnClickListener() {
            @Override
            public void onClick(View view) {
                startService(new Intent(MainActivity.this, CheckService.class)
                        .putExtra(CheckService.SERVER, server.getText().toString()));
            }
        });
        LinearLayout column = (LinearLayout) findViewById(R.id.column);
        int position = column.indexOfChild(results);
        for (Client client : Clients.all()) {
            Button button = new Button(this);
            button.setText(client.name());
            button.setOnClickListener(runs(Collections.singletonList(client)));
            column.addView(button, position++);
        }
    }

    private View.OnClickListener runs(final List<Client> clients) {
        return new View.OnClickListener() {
            @Override
            public void onClick(View view) {
                results.setText("");
                ask(clients, server.getText().toString());
            }
        };
    }

    private void ask(final List<Client> clients, final String where) {
        new Thread() {
            @Override
            public void run() {
                for (Client client : clients) {
                    show(Clients.report(client, Server.parse(where)));
                }
            }
        }.start();
    }

    private void show(final String line) {
        runOnUiThread(new Runnable() {
            @Override
            public void run() {
                results.append(line + "\n");
            }
        });
    }
}
