"""A walk over every page that somebody is offered, through each of its links and buttons."""

import re
from collections import Counter, deque
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

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
            // What is chosen already stays chosen.
            const chosen = each.matches('.is-on, [aria-pressed=true], [aria-current]');
            if (each.checkVisibility() && !each.disabled && !chosen) {
                others.push({place, text: said(each)});
            }
            return;
        }
        // An empty search finds all that is shown.
        const sought = each.form.querySelector('[type=search], #searchbar');
        if (sought && !sought.value) sought.value = 'nobody-of-this-name';
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
    const drawn = () => [...document.querySelectorAll('canvas')].map(
        each => each.toDataURL()).join();
    const focused = document.activeElement, place_before = location.href, picture = drawn();
    element.click();
    for (let n = 0; n < 160 && !changes; n += 1) {
        await new Promise(done => setTimeout(done, 25));
        if (document.activeElement !== focused || location.href !== place_before) changes += 1;
        if (n % 8 === 7 && drawn() !== picture) changes += 1;
    }
    watch.disconnect();
    return changes > 0;
}"""
_TOKEN = re.compile(r"csrfmiddlewaretoken[^>]*>|<script.*?</script>|<[^>]+>", re.DOTALL)


# Of links from one kind of page to another, rows of a list and choices of a filter, so many.
LINKS_ALIKE = 2
# The whole of a graph is shown from the beginning, so that the button for it finds nothing to do.
DONE_ALREADY = frozenset({"⤢"})


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
    asked: set[str] = field(default_factory=set)
    alike: Counter[tuple[str, str]] = field(default_factory=Counter)
    read: tuple[str, str] = ("", "")
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
        if answer is None or not is_page(answer):
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
        if address in self.asked:
            return
        self.asked.add(address)
        route = route_of(address)
        if not route.startswith("admin/"):
            if self._once("", route):
                self._asked(address, source)
        elif route not in self.seen:
            self.seen.add(route)
            self.waiting.append(address)
        elif self._is_another(route_of(source), route):
            self._asked(address, source)

    def _submit(self, source: str, button: dict[str, Any]) -> None:
        called = button["text"] or "a button without words"
        action = button["action"] or source
        if not self._once(route_of(action), called):
            return
        self.buttons += 1
        if button["method"] == "get":
            query = urlencode([(name, value) for name, value in button["data"]])
            self._asked(f"{action.partition('?')[0]}?{query}", source)
        elif button["method"] == "post":
            self._post(source, action, called, button["data"])
        # What is left closes the dialog that it stands in.

    def _post(self, source: str, action: str, called: str, data: list[list[str]]) -> None:
        """Send a form as it stands; nothing of it stays, so that the next finds the page anew."""
        said: dict[str, list[str]] = {}
        for name, value in data:
            said.setdefault(name, []).append(value)
        if source != self.read[0]:
            self.read = source, text_of(self.client.get(source))
        cookies = dict(self.client.cookies)
        with transaction.atomic():
            came_from = {"referer": f"http://testserver{source}"}
            answer: Any = self.client.post(action, said, follow=True, headers=came_from)
            transaction.set_rollback(True)
        # Who has logged out by it is still here.
        self.client.cookies = SimpleCookie()
        self.client.cookies.update(cookies)
        # Of the languages one is that of the page.
        may_stay = answer.streaming or said.get("language") == ["en"]
        if answer.status_code >= 400:
            self._fault(source, f"“{called}” is answered with {answer.status_code}")
        elif not may_stay and text_of(answer) == self.read[1]:
            self._fault(source, f"“{called}” does nothing, and says nothing")

    def _click(self, source: str, button: dict[str, Any]) -> None:
        called = button["text"] or "a button without words"
        if not self._once("", called):
            return
        self.buttons += 1
        if called in DONE_ALREADY:
            return
        if not self.page.evaluate(_CLICKED, button["place"]):
            self._fault(source, f"“{called}” does nothing")

    def _asked(self, address: str, source: str) -> HttpResponse | None:
        answer: Any = self.client.get(address, follow=True)
        if answer.status_code >= 400:
            self._fault(source, f"{address} is answered with {answer.status_code}")
            return None
        assert not answer.request["PATH_INFO"].startswith("/admin/login/"), "somebody is logged in"
        return answer  # type: ignore[no-any-return]

    def _is_another(self, source: str, target: str) -> bool:
        """Whether this is one of the first links between two kinds of pages."""
        self.alike[source, target] += 1
        return self.alike[source, target] <= LINKS_ALIKE

    def _once(self, place: str, what: str) -> bool:
        is_new = (place, what) not in self.tried
        self.tried.add((place, what))
        return is_new

    def _fault(self, source: str, what: str) -> None:
        self.faults.append(f"{self.who}, {source}: {what}")


def is_page(answer: HttpResponse) -> bool:
    """Whether a browser shows an answer, and doesn't save it."""
    saved = answer.headers.get("Content-Disposition", "").startswith("attachment")
    return not saved and "text/html" in answer.headers.get("Content-Type", "")


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
