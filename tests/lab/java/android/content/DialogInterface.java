package android.content;

public interface DialogInterface {
    int BUTTON_POSITIVE = -1, BUTTON_NEUTRAL = -3;

    interface OnClickListener {
        void onClick(DialogInterface dialog, int which);
    }

    interface OnDismissListener {
        void onDismiss(DialogInterface dialog);
    }
}
