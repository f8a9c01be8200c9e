"""Certificates and chains: what a file holds, how a path is built, what a live server presents.

`pinfuse.x509.certificates`, `pinfuse.x509.contents`, `pinfuse.x509.path`, `pinfuse.x509.fetch` and
`pinfuse.x509.names` are imported where they are needed; this package itself imports nothing.
"""
