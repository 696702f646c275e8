"""Transports: how records get out of other people's systems, one module each, told by declaration.

Folders, S3 and SFTP hand over files; services (HTTP) and databases are pulled. What is pulled becomes original bytes that
land, are checked and are counted exactly as a dropped file is, and how far the pull has come is part of the ledger row
that commits them: there is no second path.
"""
