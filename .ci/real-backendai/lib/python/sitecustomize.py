"""Debian 12's Python 3.11.2 does not close a stream that everybody has forgotten; 3.11.7 does.

It matters: the manager forgets its connection to a session's ssh server when the client has gone.
What we expect of a server here is what it does with the newer one.
"""

import asyncio


def close_forgotten(writer):
    if not writer._transport.is_closing() and not writer._loop.is_closed():
        writer.close()


if not hasattr(asyncio.StreamWriter, "__del__"):
    asyncio.StreamWriter.__del__ = close_forgotten
