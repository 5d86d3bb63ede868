"""What a browser may do with a page: show it, style it and run it with files of ours, send forms to us, and no more."""

from collections.abc import Mapping
from types import MappingProxyType

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}

OF_PAGES: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in _POLICY.items()),
        "Referrer-Policy": "same-origin",  # with `no-referrer` a form would not say from where it comes
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cache-Control": "no-store",
        "Vary": "Cookie, Accept-Language",
    }
)

OF_FILES: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
        "Vary": "Cookie",
    }
)
"""Of what people sent and a page of ours shows: it is a part of that page, and nothing by itself."""
