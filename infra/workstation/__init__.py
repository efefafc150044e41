"""What a developer's machine needs for the sandbox and the tests; run by `infra/set-up`.

Only the standard library is imported here: it runs before anything has been installed.
"""
