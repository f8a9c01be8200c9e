package android.app;

import android.content.Context;
import android.content.DialogInterface;

public class AlertDialog {
    public static class Builder {
        private CharSequence title, message, button;

        public Builder(Context context) {}

        public Builder setTitle(CharSequence text) {
            title = text;
            return this;
        }

        public Builder setMessage(CharSequence text) {
            message = text;
            return this;
        }

        public Builder setPositiveButton(CharSequence text, DialogInterface.OnClickListener listener) {
            button = text;
            return this;
        }

        public AlertDialog show() {
            lab.Lab.say("dialog", title + " | " + message + " | " + button);
            return new AlertDialog();
        }
    }
}
