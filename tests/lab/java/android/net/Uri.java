package android.net;

import java.net.URI;

public abstract class Uri {
    public static Uri parse(String text) {
        return new Uri() {
            @Override
            public String toString() {
                return text;
            }
        };
    }

    private URI parsed() {
        return URI.create(toString());
    }

    public String getScheme() {
        return parsed().getScheme();
    }

    public String getHost() {
        return parsed().getHost();
    }

    public int getPort() {
        return parsed().getPort();
    }

    public String getPath() {
        return parsed().getPath();
    }

    public String getEncodedPath() {
        return parsed().getRawPath();
    }

    public String getEncodedQuery() {
        return parsed().getRawQuery();
    }
}
