"""A walk over every page that somebody is offered, through each of its links and buttons."""

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import Resolver404, resolve

# What a page offers. Links and buttons of closed menus count: somebody will open them.
_OFFERED = """() => {
    const said = element => (element.innerText || element.getAttribute('aria-label')
        || element.title || element.value || '').trim().replace(/\\s+/g, ' ').slice(0, 60);
    const handled = element => [...element.attributes].some(
        each => /^(x-on:|@|onclick)/.test(each.name));
    const links = [...document.querySelectorAll('a')].map(link => ({
        text: said(link), href: link.getAttribute('href'), url: link.href,
        handled: handled(link), hash: link.hash,
        lands: !link.hash || link.pathname !== location.pathname
            || document.getElementById(decodeURIComponent(link.hash.slice(1))) !== null,
    }));
    const submits = [];
    const others = [];
    const all = 'button, input[type=submit], [role=button]';
    document.querySelectorAll(all).forEach((each, place) => {
        const submits_form = each.form && (each.type === 'submit');
        if (!submits_form) {
            if (each.checkVisibility() && !each.disabled) others.push({place, text: said(each)});
            return;
        }
        const data = new FormData(each.form, each.name ? each : undefined);
        submits.push({
            text: said(each),
            action: each.getAttribute('formaction') || each.form.getAttribute('action') || '',
            method: (each.getAttribute('formmethod') || each.form.method).toLowerCase(),
            data: [...data.entries()].map(([name, value]) =>
                [name, typeof value === 'string' ? value : '']),
        });
    });
    return {links, submits, others};
}"""
# Whether a click on something that submits no form does anything that can be seen or heard.
_CLICKED = """async place => {
    const all = 'button, input[type=submit], [role=button]';
    const element = document.querySelectorAll(all)[place];
    let changes = 0;
    const watch = new MutationObserver(found => { changes += found.length; });
    watch.observe(document, {attributes: true, childList: true, subtree: true,
        characterData: true});
    const focused = document.activeElement, place_before = location.href;
    element.click();
    for (let n = 0; n < 20 && !changes; n += 1) {
        await new Promise(done => setTimeout(done, 25));
        if (document.activeElement !== focused || location.href !== place_before) changes += 1;
    }
    watch.disconnect();
    return changes > 0;
}"""
_TOKEN = re.compile(r"csrfmiddlewaretoken[^>]*>|<script.*?</script>|<[^>]+>", re.DOTALL)


@dataclass(slots=True)
class Walk:
    """What one person was offered, and what of it leads nowhere.

    Attributes:
        faults: by the address of a page, what is wrong on it.
    """

    page: Any
    client: Client
    who: str
    faults: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    tried: set[tuple[str, str]] = field(default_factory=set)
    waiting: deque[str] = field(default_factory=deque)
    pages: int = 0
    buttons: int = 0

    def over(self, addresses: list[str]) -> None:
        """Look at these pages, and at one page of each kind that is found from them."""
        for address in addresses:
            self.seen.add(route_of(address))
            self.waiting.append(address)
        while self.waiting:
            self._look_at(self.waiting.popleft())

    def _look_at(self, address: str) -> None:
        answer = self._asked(address, address)
        if answer is None or "text/html" not in answer.headers.get("Content-Type", ""):
            return
        self.page.goto(address)
        self.pages += 1
        offered = self.page.evaluate(_OFFERED)
        for link in offered["links"]:
            self._follow(address, link)
        for button in offered["submits"]:
            self._submit(address, button)
        for button in offered["others"]:
            self._click(address, button)

    def _follow(self, source: str, link: dict[str, Any]) -> None:
        called = link["text"] or "a link without words"
        if not link["href"] or link["href"] == "#" or link["href"].startswith("javascript:"):
            if not link["handled"]:
                self._fault(source, f"“{called}” has no address")
            return
        if not link["lands"]:
            self._fault(source, f"“{called}” leads to a part that is not there: {link['hash']}")
        self._go(source, link["url"], called)

    def _go(self, source: str, url: str, called: str) -> None:
        """Look at a page of a kind that is new, and ask once from each kind of page for others."""
        parts = urlsplit(url)
        if parts.netloc and parts.netloc != urlsplit(self.page.url).netloc:
            return
        address = parts.path + (f"?{parts.query}" if parts.query else "")
        route = route_of(address)
        if not route.startswith("admin/"):
            if self._once(route, called):
                self._asked(address, source)
        elif route not in self.seen:
            self.seen.add(route)
            self.waiting.append(address)
        elif self._once(route_of(source), f"{called} → {route}"):
            self._asked(address, source)

    def _submit(self, source: str, button: dict[str, Any]) -> None:
        called = button["text"] or "a button without words"
        action = button["action"] or source
        if not self._once(route_of(source), f"{called} ⇒ {route_of(action)}"):
            return
        self.buttons += 1
        if button["method"] == "get":
            query = Client().get("/", button["data"]).request["QUERY_STRING"]
            self._asked(f"{action.partition('?')[0]}?{query}", source)
            return
        said: dict[str, list[str]] = {}
        for name, value in button["data"]:
            said.setdefault(name, []).append(value)
        before = text_of(self.client.get(source))
        # As if nothing had happened: the next button finds the page as it was.
        with transaction.atomic():
            answer = self.client.post(action, said, follow=True)
            transaction.set_rollback(True)
        if answer.status_code >= 400:
            self._fault(source, f"“{called}” is answered with {answer.status_code}")
        elif not answer.streaming and text_of(answer) == before:
            self._fault(source, f"“{called}” does nothing, and says nothing")

    def _click(self, source: str, button: dict[str, Any]) -> None:
        called = button["text"] or "a button without words"
        if not self._once("", called):
            return
        self.buttons += 1
        if not self.page.evaluate(_CLICKED, button["place"]):
            self._fault(source, f"“{called}” does nothing")

    def _asked(self, address: str, source: str) -> HttpResponse | None:
        answer: Any = self.client.get(address, follow=True)
        if answer.status_code >= 400:
            self._fault(source, f"{address} is answered with {answer.status_code}")
            return None
        return answer  # type: ignore[no-any-return]

    def _once(self, place: str, what: str) -> bool:
        is_new = (place, what) not in self.tried
        self.tried.add((place, what))
        return is_new

    def _fault(self, source: str, what: str) -> None:
        self.faults.append(f"{self.who}, {source}: {what}")


def route_of(address: str) -> str:
    """The pattern that answers an address; the address itself if none does."""
    path = urlsplit(address).path
    try:
        return resolve(path).route
    except Resolver404:
        return path


def text_of(answer: Any) -> str:
    """What a page says, without its tokens and scripts."""
    if answer.streaming:
        return ""
    return " ".join(_TOKEN.sub(" ", answer.content.decode()).split())
