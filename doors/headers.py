"""What browsers are told about every answer: what it may load, and who may hold it."""

# An answer of the API is read by a program: in a browser it loads and shows nothing.
MACHINE_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

_OWN = "'self'"


def _policy(**sources: str) -> str:
    return "; ".join(f"{name.replace('_', '-')} {said}" for name, said in sources.items())


# No script stands in a page itself, so that none needs a nonce and an injected one never runs.
# 'unsafe-eval' is for the theme: its Alpine.js makes functions of the expressions in attributes.
# Styles stand in attributes everywhere (the theme's, and widths of bars), where a nonce is of no
# use; a style can't read or send anything that the other directives don't allow.
_PAGE = {
    "default_src": "'none'",
    "style_src": f"{_OWN} 'unsafe-inline'",
    "img_src": f"{_OWN} data:",
    "font_src": _OWN,
    "connect_src": _OWN,
    "base_uri": "'none'",
    "frame_ancestors": "'none'",
}
PEOPLE_POLICY = _policy(**_PAGE, script_src=f"{_OWN} 'unsafe-eval'", form_action=_OWN)
# The readable documentation of the API, which sends its requests by script.
DOCS_POLICY = _policy(**_PAGE, script_src=_OWN, form_action="'none'")

POLICY = "Content-Security-Policy"

EVERYWHERE = {
    "Permissions-Policy": ", ".join(
        f"{power}=()"
        for power in (
            "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture",
            "geolocation", "gyroscope", "magnetometer", "microphone", "midi", "payment",
            "publickey-credentials-get", "screen-wake-lock", "usb", "xr-spatial-tracking",
        )
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
}  # fmt: skip
