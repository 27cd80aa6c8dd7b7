"""The rules of the MDN HTTP Observatory that can apply to the panel: what each header is worth, and why.

What depends on others (a place in the browsers' preload list) counts nothing here. 100 is where everybody starts.
"""

from http.cookies import SimpleCookie

START = 100
HALF_A_YEAR = 15_768_000


def score(headers, cookies, scripts, host):
    """{rule: points} for an answer: its headers, its Set-Cookie lines, the sources of its scripts."""
    headers = {name.lower(): value for name, value in headers.items()}
    policy = directives(headers.get("content-security-policy", ""))
    return {
        "start": START,
        "content-security-policy": _policy(policy),
        "cookies": _cookies(cookies),
        "strict-transport-security": _transport(headers.get("strict-transport-security", "")),
        "referrer-policy": _referrer(headers.get("referrer-policy", "")),
        "x-content-type-options": 0 if headers.get("x-content-type-options") == "nosniff" else -5,
        "x-frame-options": _frames(policy, headers.get("x-frame-options", "")),
        "cross-origin-resource-policy": _resources(headers.get("cross-origin-resource-policy", "")),
        "cross-origin-resource-sharing": -50 if headers.get("access-control-allow-origin") == "*" else 0,
        "subresource-integrity": 0 if all(_own(source, host) for source in scripts) else -5,
    }


def directives(text):
    parts = (part.split() for part in text.split(";") if part.strip())
    return {name: sources for name, *sources in parts}


def _policy(policy):
    if not policy:
        return -25
    scripts = policy.get("script-src", policy.get("default-src", []))
    styles = policy.get("style-src", policy.get("default-src", []))
    guarded = any(source.startswith(("'nonce-", "'sha")) for source in scripts)
    if ("'unsafe-inline'" in scripts and not guarded) or "data:" in scripts or not scripts:
        return -20
    if "'unsafe-eval'" in scripts + styles:
        return -10
    if any(source in ("http:", "*") or source.startswith("http://") for source in scripts):
        return -20
    if "'unsafe-inline'" in styles:
        return 0
    closed = policy.get("default-src") == ["'none'"] and {"form-action", "base-uri"} <= policy.keys()
    return 10 if closed else 5


def _cookies(lines):
    points = 5
    for morsel in (morsel for line in lines for morsel in SimpleCookie(line).values()):
        session = any(word in morsel.key for word in ("login", "sess"))
        if not morsel["secure"]:
            return -40 if session else -5
        if session and not morsel["httponly"]:
            return -30
        if not morsel["samesite"]:
            points = 0
    return points


def _transport(text):
    parts = dict(part.strip().partition("=")[::2] for part in text.split(";"))
    if not parts.get("max-age", "").isdecimal():
        return -20
    return 0 if int(parts["max-age"]) >= HALF_A_YEAR else -10


def _referrer(text):
    private = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
    return 5 if text in private else (0 if not text else -5)


def _frames(policy, text):
    if policy.get("frame-ancestors") in (["'none'"], ["'self'"]):
        return 5
    return 0 if text in ("DENY", "SAMEORIGIN") else -20


def _resources(text):
    return {"same-origin": 10, "same-site": 10, "cross-origin": -5}.get(text, 0)


def _own(source, host):
    return (source.startswith("/") and not source.startswith("//")) or source.startswith(f"https://{host}/")
