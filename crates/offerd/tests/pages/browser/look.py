"""A visitor of the pages: look.py LOOK CHROMIUM FOLDER PAGES. Each look is a function below; what goes otherwise than it
should is an AssertionError. On the standard output are requests to the test, one object a line, each answered by one."""

import json
import os
import sys

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def ask(**request):
    print(json.dumps(request), flush=True)
    return json.loads(sys.stdin.readline())


def visit(browser, url, **options):
    page = browser.new_context(**options).new_page()
    page.problems = []
    page.on("console", lambda message: page.problems.append(message.text))
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("dialog", lambda dialog: (page.problems.append("a dialog"), dialog.dismiss()))
    page.goto(url)
    return page


def state(page):
    return page.locator("#live")


def order_turns_to_paid(browser, pages, _):
    page = visit(browser, pages["order"], **PHONE)
    expect(state(page)).to_have_attribute("data-state", "waiting")
    page.evaluate("window.neverReloaded = true")
    ask(pay=pages["order_code"])
    expect(state(page)).to_have_attribute("data-state", "paid")
    expect(page.locator("#status")).to_contain_text("Paid, thank you")
    assert page.evaluate("window.neverReloaded"), "the page was loaded again"
    assert page.locator("svg.qr").count() == 0, "a paid order still shows its code"
    page.locator("#return").click()
    expect(page).to_have_url(pages["order"].split("/c/")[0] + "/nothing")


def payout_turns_to_paid(browser, pages, _):
    page = visit(browser, pages["payout"], **DESKTOP)
    page.evaluate("window.neverReloaded = true")
    expect(page.locator("svg.qr")).to_have_count(1)
    ask(redeem=pages["payout_code"])
    expect(state(page)).to_have_attribute("data-state", "paid")
    assert page.evaluate("window.neverReloaded"), "the page was loaded again"
    for _ in range(2):
        assert "lnr1" not in page.content().lower(), "a redeemed payout still shows its code"
        page.reload()


def offer_stays_as_it_is(browser, pages, _):
    one, other = (visit(browser, pages["offer"]) for _ in range(2))
    before = one.content()
    ask(pay=pages["offer_code"])
    for page in (one, other):
        assert page.content() == before
        page.reload()
        assert page.content() == before, "a viewer sees that somebody paid"


def texts_stay_text(browser, pages, _):
    shown = pages["description"].replace("\u202e", "\\u{202e}")
    for name in ("offer", "order", "payout"):
        page = visit(browser, pages[name], **PHONE)
        expect(page.locator("h1")).to_have_text(shown)
        assert page.title() == shown, page.title()
        assert page.locator("img").count() == 0
        assert page.locator("script:not([src])").count() == 0
        wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert not wide, "the page is wider than the phone"
        assert page.problems == [], page.problems


def codes_can_be_scanned(browser, pages, folder):
    for kind, options in (("phone", PHONE), ("desktop", DESKTOP)):
        for scheme in ("light", "dark"):
            for name in ("offer", "order", "payout"):
                page = visit(browser, pages[name], color_scheme=scheme, **options)
                path = os.path.join(folder, f"{kind}-{scheme}-{name}.png")
                page.screenshot(path=path, full_page=True)
                read = ask(read=path)["text"]
                wanted = "lightning:" + pages[name + "_code"].upper()
                assert read == wanted, f"{kind} {scheme} {name}: {read}"
    page = visit(browser, pages["offer"] + "?form=bitcoin", **PHONE)
    path = os.path.join(folder, "unified.png")
    page.screenshot(path=path, full_page=True)
    assert ask(read=path)["text"] == "bitcoin:?lno=" + pages["offer_code"].upper()


def axe_finds_nothing(browser, pages, _):
    pages = dict(pages, missing=pages["offer"] + "0")

    def judge(name, scheme):
        page = visit(browser, pages[name], color_scheme=scheme, **PHONE)
        for details in page.locator("details").all():
            details.locator("summary").click()
        found = Axe().run(page, options={"runOnly": LEVELS})
        assert found.violations_count == 0, found.generate_report()

    for paid in (False, True):
        for scheme in ("light", "dark"):
            for name in ("offer", "order", "payout"):
                judge(name, scheme)
        if not paid:
            ask(pay=pages["order_code"])
            ask(redeem=pages["payout_code"])
    judge("missing", "light")


def works_without_script(browser, pages, _):
    page = visit(browser, pages["order"], java_script_enabled=False, **PHONE)
    expect(page.locator("svg.qr")).to_have_count(1)
    page.locator("summary").first.click()
    expect(page.locator(".string").first).to_have_text(pages["order_code"])
    ask(pay=pages["order_code"])
    expect(page.locator("#status")).to_contain_text("Paid, thank you", timeout=20_000)
    expect(page.locator("#return")).to_be_visible()


def main():
    look, chromium, folder, pages = sys.argv[1:]
    with sync_playwright() as playwright:
        # Nothing is loaded from elsewhere; as root, Chromium has no sandbox of its own.
        options = ["--no-sandbox"] if os.getuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium, args=options)
        globals()[look](browser, json.loads(pages), folder)
        browser.close()


main()
