package harness;

import android.app.Activity;

/** The screen; it shows nothing. */
public final class HarnessActivity extends Activity {}
