"""The certificate of a build: what was done, to what, with which proof. Its model, its files, its check."""
