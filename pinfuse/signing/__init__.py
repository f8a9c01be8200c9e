"""What the signers of all formats share: how passwords are given, and DER written."""
