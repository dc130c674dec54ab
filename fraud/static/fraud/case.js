/* A case's page: the countdown of a claim, what belongs to a verdict, dialogs and shortcuts. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
    const root = document.querySelector(".case");
    countDown();
    const form = document.getElementById("verdict-form");
    if (form) {
        followVerdict(form);
        if (root) keepDraft(form, root.dataset.case);
        form.addEventListener("keydown", (event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
                event.preventDefault();
                form.requestSubmit(form.querySelector("[name=go_on]") || undefined);
            }
        });
        form.addEventListener("submit", (event) => {
            if (form.dataset.sent) event.preventDefault();
            form.dataset.sent = "1";
        });
    } else if (root) {
        sessionStorage.removeItem(`draft-${root.dataset.case}`);
    }
    openDialogs();
    filterTimeline();
    const choose = (verdict) => () => {
        const radio = form && form.querySelector(`[name=verdict][value=${verdict}]`);
        if (!radio) return false;
        radio.click();
        form.querySelector("[name=reason]").focus();
        return true;
    };
    Shortcuts.on("f", choose("confirmed_fraud"));
    Shortcuts.on("p", choose("false_positive"));
    Shortcuts.on("i", choose("inconclusive"));
    Shortcuts.on("c", () => Shortcuts.send("claim-form"));
    Shortcuts.on("s", () => show("snooze-dialog"));
    Shortcuts.on("e", () => show("escalate-dialog"));
    Shortcuts.on("b", () => {
        const back = document.querySelector("[data-back]");
        if (back) location.href = back.href;
        return Boolean(back);
    });
});

/* Once somebody comes back by the browser's own button, the page is to be used again. */
window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

function show(id) {
    const dialog = document.getElementById(id);
    if (!dialog) return false;
    dialog.showModal();
    return true;
}

function openDialogs() {
    for (const link of document.querySelectorAll("[data-dialog]")) {
        link.addEventListener("click", (event) => {
            if (show(link.dataset.dialog)) event.preventDefault();
        });
    }
    for (const button of document.querySelectorAll("[data-close]")) {
        button.addEventListener("click", () => button.closest("dialog").close());
    }
}

function countDown() {
    const claim = document.querySelector("[data-claim-until]");
    if (!claim) return;
    const end = Date.parse(claim.dataset.claimUntil);
    const text = claim.querySelector("[data-countdown]");
    const tick = () => {
        const left = Math.floor((end - Date.now()) / 1000);
        if (left <= 0) {
            text.textContent = text.dataset.over;
            text.classList.add("is-late");
            return;
        }
        const seconds = String(left % 60).padStart(2, "0");
        text.textContent = `${Math.floor(left / 60)}:${seconds}`;
        text.classList.toggle("is-late", left < 300);
        setTimeout(tick, 1000);
    };
    tick();
}

/* What belongs to another verdict is neither shown nor sent. */
function followVerdict(form) {
    const follow = () => {
        const chosen = form.querySelector("[name=verdict]:checked");
        for (const part of form.querySelectorAll("[data-for]")) {
            part.hidden = !chosen || part.dataset.for !== chosen.value;
            part.disabled = part.hidden;
        }
        for (const part of document.querySelectorAll("[data-verdict]")) {
            part.hidden = Boolean(chosen) && part.dataset.verdict !== chosen.value;
        }
        for (const part of form.querySelectorAll("[data-canned-for]")) {
            part.hidden = !chosen || part.dataset.cannedFor !== chosen.value;
        }
    };
    const count = () => {
        for (const note of form.querySelectorAll("[data-count]")) {
            const ticked = form.querySelectorAll(`[name=${note.dataset.count}]:checked`).length;
            note.textContent = ticked ? `(${ticked})` : "";
        }
    };
    form.addEventListener("change", () => { follow(); count(); });
    form.addEventListener("click", (event) => {
        const canned = event.target.closest("[data-canned]");
        if (!canned) return;
        const reason = form.querySelector("[name=reason]");
        const said = reason.value.trim();
        reason.value = said ? `${said} ${canned.dataset.canned}` : canned.dataset.canned;
        reason.dispatchEvent(new Event("input", { bubbles: true }));
        reason.focus();
    });
    follow();
    count();
}

/* A claim that ends while somebody writes does not cost them what they wrote. */
function keepDraft(form, number) {
    const key = `draft-${number}`;
    const reason = form.querySelector("[name=reason]");
    if (!reason.value) reason.value = sessionStorage.getItem(key) || "";
    reason.addEventListener("input", () => sessionStorage.setItem(key, reason.value));
}

function filterTimeline() {
    const filter = document.querySelector("[data-timeline-filter]");
    if (!filter) return;
    filter.hidden = false;
    filter.addEventListener("click", (event) => {
        const chosen = event.target.closest("[data-group]");
        if (!chosen) return;
        for (const chip of filter.children) chip.classList.toggle("is-on", chip === chosen);
        for (const line of document.querySelectorAll(".moments li")) {
            line.hidden = Boolean(chosen.dataset.group) && line.dataset.group !== chosen.dataset.group;
        }
    });
}
