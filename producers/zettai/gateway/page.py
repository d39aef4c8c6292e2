"""The page that shows the OpenAPI document: Scalar, an OpenAPI viewer that this package ships.

`static/scalar-*.js.gz` is `dist/browser/standalone.js` of `@scalar/api-reference` from npm, compressed. The browser
checks its hash. The page loads nothing from other hosts, and never sends a request to the API.
"""

from collections.abc import Mapping
from importlib.resources import files

from starlette.responses import HTMLResponse, Response

TITLE = "zettai-sms gateway"

VERSION = "1.76.0"

INTEGRITY = "sha384-oH1C0RwqcwbVXkC+r8A+4qRoyEUQdtxAzOwumkxZtQBBcsy61FOoPt7B50OVJYYQ"
"""The hash of the viewer, which the browser compares."""

STYLES = (
    "'sha256-QpRH++jfSE25E/ku5JwG+oucjRD32SqdyuYxGFVNDSA='",
    "'sha256-l/2OpPg0d+2VLTLgwjf5mQo2CYwHDEqdj5TjbfEyVJI='",
    "'sha256-T13Uev3xCax2N28XaoAE8DOzQZKvPp7ZQVAi1iRREjo='",
)
"""The hashes of the style sheets that the viewer adds to the page. Another version has others."""

POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    f"style-src-elem 'self' {' '.join(STYLES)}; style-src-attr 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""No script but our two files, no style sheet but ours and the viewer's, and no connection but to the document."""

VIEWER = f"docs/scalar-{VERSION}.js"

START = "docs/start.js"

STYLE = "docs/page.css"

FOREVER = "public, max-age=31536000, immutable"


def build_page(language: str, document: str) -> Response:
    """Return the page.

    Args:
        language: of its texts, `en` or `ja`.
        document: the path of the OpenAPI document, relative to the page.
    """
    page = (
        f"<!doctype html><html lang={language}><head><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        f"<title>{TITLE}</title><link rel=icon href='data:,'><link rel=stylesheet href='{STYLE}'></head><body>"
        f"<div id=reference data-document='{document}'></div><noscript><a href='{document}'>{document}</a></noscript>"
        f"<script src='{VIEWER}' integrity='{INTEGRITY}'></script><script src='{START}'></script></body></html>"
    )
    return HTMLResponse(page, headers={"Content-Security-Policy": POLICY, "Vary": "Accept-Language"})


def viewer() -> Response:
    """Return the viewer. Every browser reads gzip."""
    headers = {"Content-Encoding": "gzip", "Cache-Control": FOREVER}
    return _file(f"scalar-{VERSION}.js.gz", "text/javascript", headers)


def start() -> Response:
    """Return the script that starts the viewer."""
    return _file("start.js", "text/javascript")


def style() -> Response:
    """Return our style sheet."""
    return _file("page.css", "text/css")


def _file(name: str, media_type: str, headers: Mapping[str, str] | None = None) -> Response:
    content = (files("zettai.gateway") / "static" / name).read_bytes()
    return Response(content, media_type=media_type, headers=headers)
