"""The web console for support and campaign staff: pages in Japanese and English, for a browser.

`zettai gateway` serves it beside the API if `ZETTAI_CONSOLE` is set, and `zettai console` serves it alone. It needs the
extra `console`. Pages are rendered here; htmx updates parts of them. Nothing is loaded from other hosts.
"""
