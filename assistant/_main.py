"""Serve `python -m ringback`; in a checkout that is not installed, `python -m assistant._main`.

Installed, this file is `ringback/__main__.py`.
"""

from __future__ import annotations

from assistant.cli import main

if __name__ == "__main__":
    main()
