"""Security headers of every response of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


def security_headers(frame_ancestors: str) -> dict[str, str]:
    """Return the headers, by name.

    They follow OWASP's HTTP Headers Cheat Sheet as far as Streamlit, the camera, the players of
    Spotify and YouTube, and remote covers work with it: Streamlit's page needs inline scripts and
    styles, so the policy restricts only objects, the base address and framing.

    Parameters
    ----------
    frame_ancestors : str, origins that may frame our pages, as in Content-Security-Policy
    """
    policy = ("object-src 'none'", "base-uri 'self'", f"frame-ancestors {frame_ancestors}")
    return {
        "Content-Security-Policy": "; ".join(policy),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
    }


class SecurityHeaders:
    """Middleware that sets headers.

    Parameters
    ----------
    headers : dict of str to str, values by name
    """

    def __init__(self, app: ASGIApp, headers: dict[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and set the headers on the start of its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    # A response may set a stricter value itself.
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
