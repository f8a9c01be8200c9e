package android.app;

import android.content.Context;
import android.content.DialogInterface;

public class AlertDialog implements DialogInterface {
    /** The one that was shown last. */
    public static volatile AlertDialog last;

    private OnClickListener neutral;
    private OnDismissListener dismissed;

    public void dismiss() {
        lab.Lab.say("dismissed", "");
        if (dismissed != null) dismissed.onDismiss(this);
    }

    /** What a person does. */
    public void press(int which) {
        if (which == BUTTON_NEUTRAL && neutral != null) neutral.onClick(this, which);
        dismiss();
    }

    public static class Builder {
        private final AlertDialog made = new AlertDialog();
        private CharSequence title, message, button, more;

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

        public Builder setNeutralButton(CharSequence text, DialogInterface.OnClickListener listener) {
            more = text;
            made.neutral = listener;
            return this;
        }

        public Builder setOnDismissListener(DialogInterface.OnDismissListener listener) {
            made.dismissed = listener;
            return this;
        }

        public AlertDialog show() {
            lab.Lab.say("dialog", title + " | " + message + " | " + button + (more == null ? "" : " | " + more));
            last = made;
            return made;
        }
    }
}
