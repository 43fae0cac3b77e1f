"""A visitor of the pages: look.py LOOK CHROMIUM FOLDER PAGES. Each look is a function below; what goes otherwise than it
should is an AssertionError. On the standard output are requests to the test, one object a line, each answered by one."""

import base64
import json
import os
import re
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
    text = shown(pages["description"])
    for name in ("offer", "order", "payout"):
        page = visit(browser, pages[name], **PHONE)
        expect(page.locator("h1")).to_have_text(text)
        assert page.title() == text, page.title()
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
    wanted = "bitcoin:?lno=" + pages["offer_code"].upper() + "&lightning=LNBC"
    assert ask(read=path)["text"].startswith(wanted)


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


def shown(description):
    return description.replace("\u202e", "\\u{202e}")


def sign_in(browser, pages, path="/customer", **options):
    """With the rune of whoever runs the node, and then to this page."""
    page = visit(browser, pages["screen"] + path, **options)
    expect(page).to_have_url(pages["screen"] + "/sign-in")
    page.get_by_label("Rune").fill(pages["rune"])
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(pages["screen"] + "/operator")
    page.goto(pages["screen"] + path)
    return page


def give(page, code):
    page.get_by_label("Code", exact=True).fill(code)
    page.get_by_role("button", name="Continue").click()


def is_no_wider_than_its_window(page):
    # A phone makes its window wider for a page that is too wide: what counts is how wide it was.
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= page.viewport_size["width"], f"{page.url} is {wide} wide: more than the window"


def picture_of(browser, url, folder):
    path = os.path.join(folder, "picture.png")
    visit(browser, url, **PHONE).locator("svg.qr").screenshot(path=path)
    return path


def drop(page, path):
    with open(path, "rb") as file:
        encoded = base64.b64encode(file.read()).decode()
    page.evaluate(
        """(encoded) => {
            const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([bytes], "code.png", { type: "image/png" }));
            document.getElementById("drop").dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
        }""",
        encoded,
    )


def pay_what_is_shown(page):
    page.get_by_label("Note to the issuer").fill("no sugar")
    page.get_by_role("button", name="Ask for an invoice").click()
    expect(page.get_by_text("no sugar")).to_be_visible()
    page.get_by_role("button", name="Pay 1").click()


def screen_pays_an_offer(browser, pages, folder):
    picture = picture_of(browser, pages["offer"], folder)
    for kind, options in (("choose", PHONE), ("drop", DESKTOP)):
        page = sign_in(browser, pages, **options)
        if kind == "choose":
            page.set_input_files("#picture", picture)
        else:
            drop(page, picture)
        expect(page.locator("h1")).to_have_text(pages["description"])
        is_no_wider_than_its_window(page)
        ask(hold=True)
        pay_what_is_shown(page)
        expect(state(page)).to_have_attribute("data-state", "paying")
        page.evaluate("window.neverReloaded = true")
        ask(hold=False)
        expect(state(page)).to_have_attribute("data-state", "paid")
        assert page.evaluate("window.neverReloaded"), "the page was loaded again"
        page.get_by_text("Proof of payment").click()
        expect(page.get_by_text("lnp1")).to_be_visible()
        is_no_wider_than_its_window(page)
        page.get_by_role("link", name="Payments", exact=True).click()
        page.get_by_role("link", name=pages["description"]).first.click()
        expect(state(page)).to_have_attribute("data-state", "paid")
        page.get_by_role("button", name="Sign out").click()
        page.goto(pages["screen"] + "/customer")
        expect(page).to_have_url(pages["screen"] + "/sign-in")
        assert page.problems == [], page.problems


def screen_collects_by_camera(browser, pages, _):
    page = sign_in(browser, pages, permissions=["camera"], **PHONE)
    page.get_by_role("button", name="Use the camera").click()
    expect(page.locator("h1")).to_have_text(pages["description"], timeout=30_000)
    page.get_by_role("button", name="Collect 5").click()
    expect(state(page)).to_have_attribute("data-state", "paid")
    expect(page.locator("#piece")).to_contain_text("5\u202f000\u202fsat")


def screen_keeps_what_was_typed(browser, pages, _):
    page = sign_in(browser, pages, **PHONE)
    wrong = pages["offer_code"][:-1] + "b"
    give(page, wrong)
    field = page.get_by_label("Code", exact=True)
    expect(field).to_have_value(wrong)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("no code that can be paid"))
    give(page, pages["offer_code"])
    page.get_by_label("Amount in sat").fill("ten")
    page.get_by_label("Note to the issuer").fill("for Anna")
    page.get_by_role("button", name="Ask for an invoice").click()
    field = page.get_by_label("Amount in sat")
    expect(field).to_have_value("ten")
    expect(field).to_have_accessible_description(re.compile("number of satoshi"))
    expect(page.get_by_label("Note to the issuer")).to_have_value("for Anna")


def screen_refuses_other_sites(browser, pages, _):
    page = sign_in(browser, pages)
    token = page.locator("input[name=token]").first.get_attribute("value")
    form = f"""<form method="post" action="{pages["screen"]}/customer/code"><input name="token" value="{token}">
        <input name="code" value="{pages["offer_code"]}"><button>Win</button></form>"""
    page.context.route("**/elsewhere", lambda route: route.fulfill(content_type="text/html", body=form))
    for origin in ("http://elsewhere.test", "http://127.0.0.1:9"):
        other = page.context.new_page()
        other.goto(origin + "/elsewhere")
        with other.expect_navigation() as navigation:
            other.get_by_role("button").click()
        assert navigation.value.status == 403, f"{origin}: {navigation.value.status}"


def screen_works_without_script(browser, pages, _):
    page = sign_in(browser, pages, java_script_enabled=False, **PHONE)
    give(page, pages["offer_code"])
    expect(page.locator("h1")).to_have_text(shown(pages["description"]))
    is_no_wider_than_its_window_without_script(page)
    pay_what_is_shown(page)
    expect(state(page)).to_have_attribute("data-state", "paid", timeout=20_000)
    expect(page.locator("img")).to_have_count(0)
    page.get_by_role("link", name="Pay or collect", exact=True).click()
    give(page, pages["payout_code"])
    page.get_by_role("button", name="Collect 5").click()
    expect(state(page)).to_have_attribute("data-state", "paid", timeout=20_000)


def is_no_wider_than_its_window_without_script(page):
    width = page.locator("main").bounding_box()["width"]
    assert width <= page.viewport_size["width"], width


def judged(page):
    for details in page.locator("details").all():
        details.locator("summary").click()
    found = Axe().run(page, options={"runOnly": LEVELS})
    assert found.violations_count == 0, f"{page.url}: {found.generate_report()}"
    is_no_wider_than_its_window(page)


def axe_finds_nothing_on_the_screen(browser, pages, _):
    for options in (PHONE, DESKTOP):
        for scheme in ("light", "dark"):
            page = visit(browser, pages["screen"] + "/sign-in", color_scheme=scheme, **options)
            judged(page)
            page.get_by_label("Rune").fill("nonsense")
            page.get_by_role("button", name="Sign in").click()
            judged(page)
            page = sign_in(browser, pages, color_scheme=scheme, **options)
            judged(page)
            give(page, "nonsense")
            judged(page)
            give(page, pages["offer_code"])
            judged(page)
            page.get_by_label("Amount in sat").fill("ten")
            page.get_by_role("button", name="Ask for an invoice").click()
            judged(page)
            page.get_by_label("Amount in sat").fill("")
            page.get_by_role("button", name="Ask for an invoice").click()
            page.get_by_role("button", name="Pay 1").wait_for()
            judged(page)
            ask(hold=True)
            page.get_by_role("button", name="Pay 1").click()
            expect(state(page)).to_have_attribute("data-state", "paying")
            judged(page)
            ask(hold=False)
            expect(state(page)).to_have_attribute("data-state", "paid")
            judged(page)
            page.get_by_role("link", name="Payments", exact=True).click()
            judged(page)
            page.get_by_role("link", name="Pay or collect", exact=True).click()
            give(page, pages["payout_code"])
            judged(page)


def axe_finds_nothing_at_the_end(browser, pages, _):
    for url in ask(endings=True)["pages"]:
        for scheme in ("light", "dark"):
            page = visit(browser, url, color_scheme=scheme, **PHONE)
            assert page.locator("svg.qr").count() == 0, f"{url} still shows a code"
            judged(page)


def screen_subscribes(browser, pages, _):
    for options in (PHONE, DESKTOP):
        page = sign_in(browser, pages, **options)
        give(page, pages["magazine_code"])
        expect(page.get_by_text("every month")).to_be_visible()
        judged(page)
        page.get_by_label("Never more than, in all").fill("much")
        page.get_by_role("button", name="Subscribe").click()
        field = page.get_by_label("Never more than, in all")
        expect(field).to_have_value("much")
        expect(field).to_have_accessible_description(re.compile("number of satoshi"))
        judged(page)
        field.fill("2100")
        page.get_by_role("button", name="Subscribe").click()
        expect(page).to_have_url(pages["screen"] + "/customer/subscriptions")
        expect(page.get_by_text("2\u202f100\u202fsat in all").first).to_be_visible()
        judged(page)
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
        expect(page.get_by_text("cancelled").first).to_be_visible()
        judged(page)


def every_page_is_photographed(browser, pages, folder):
    missing = dict(pages, missing=pages["offer"] + "0", unified=pages["offer"] + "?form=bitcoin")
    for kind, options in (("phone", PHONE), ("desktop", DESKTOP)):
        for scheme in ("light", "dark"):

            def photograph(page, name):
                is_no_wider_than_its_window(page)
                page.screenshot(path=os.path.join(folder, f"{name}-{kind}-{scheme}.png"), full_page=True)

            for name in ("offer", "unified", "order", "payout", "missing"):
                photograph(visit(browser, missing[name], color_scheme=scheme, **options), name)
            if (kind, scheme) in (("phone", "dark"), ("desktop", "light")):
                continue
            photograph(visit(browser, pages["screen"] + "/sign-in", color_scheme=scheme, **options), "sign-in")
            page = sign_in(browser, pages, color_scheme=scheme, **options)
            photograph(page, "code")
            give(page, pages["offer_code"])
            photograph(page, "screen-offer")
            pay_what_is_shown(page)
            expect(state(page)).to_have_attribute("data-state", "paid")
            photograph(page, "screen-receipt")
            page.get_by_role("link", name="Payments", exact=True).click()
            photograph(page, "screen-payments")
            page.goto(pages["screen"] + "/customer")
            give(page, pages["payout_code"])
            photograph(page, "screen-collect")
            page.goto(pages["screen"] + "/customer")
            give(page, pages["magazine_code"])
            page.get_by_label("Never more than, in all").fill("much")
            page.get_by_role("button", name="Subscribe").click()
            photograph(page, "screen-subscribe")
            page.get_by_label("Never more than, in all").fill("2100")
            page.get_by_role("button", name="Subscribe").click()
            photograph(page, "screen-subscriptions")
            page.get_by_role("button", name="Cancel").click()
    ask(pay=pages["order_code"])
    ask(redeem=pages["payout_code"])
    for kind, options in (("phone", PHONE), ("desktop", DESKTOP)):
        for name in ("order", "payout"):
            page = visit(browser, pages[name], **options)
            expect(state(page)).to_have_attribute("data-state", "paid")
            page.screenshot(path=os.path.join(folder, f"{name}-paid-{kind}-light.png"), full_page=True)


def kept(page, name):
    """A picture for people to look at, where they say where it is to be put."""
    if "OFFERD_PICTURES" in os.environ:
        page.screenshot(path=os.path.join(os.environ["OFFERD_PICTURES"], name + ".png"), full_page=True)


def axe_finds_nothing_for_the_operator(browser, pages, _):
    ask(pay=pages["offer_code"])
    paths = ["", "/offers", "/payouts", "/invoices", "/payments", "/subscriptions", "/charts", "/webhooks", "/new"]
    for name, options in (("phone", PHONE), ("desktop", DESKTOP)):
        for scheme in ("light", "dark"):
            page = sign_in(browser, pages, color_scheme=scheme, **options)
            for path in paths:
                page.goto(pages["screen"] + "/operator" + path)
                judged(page)
                kept(page, f"{name}-{scheme}{path.replace('/', '-')}")
            page.get_by_label("Amount").first.fill("much")
            page.get_by_label("What is paid for").fill("tea")
            page.get_by_role("button", name="Make an offer").click()
            expect(page.get_by_label("Amount").first).to_have_attribute("aria-invalid", "true")
            expect(page.get_by_label("What is paid for")).to_have_value("tea")
            judged(page)
            page.goto(pages["screen"] + "/operator/payments")
            page.locator(".list a").first.click()
            judged(page)
            kept(page, f"{name}-{scheme}-payment")
            page.goto(pages["screen"] + "/operator/new")
            page.get_by_label("Amount").first.fill("4.50EUR")
            page.get_by_label("What is paid for").fill("tea")
            page.get_by_role("button", name="Make an offer").click()
            expect(page.get_by_role("button", name="Disable")).to_be_visible()
            page.goto(pages["screen"] + "/operator")
            expect(page.get_by_role("rowheader", name="test", exact=True)).to_be_visible()
            judged(page)
            kept(page, f"{name}-{scheme}-rates")
            page.goto(pages["screen"] + "/operator/offers")
            page.get_by_label("State").select_option("disabled")
            page.get_by_role("button", name="Find").click()
            expect(page.get_by_text("There are none that are disabled.")).to_be_visible()
            page.get_by_label("State").select_option("active")
            page.get_by_role("button", name="Find").click()
            expect(page.get_by_role("link", name="tea", exact=True)).to_be_visible()
            judged(page)
            kept(page, f"{name}-{scheme}-active")


def operator_sees_a_payment(browser, pages, _):
    page = sign_in(browser, pages, **DESKTOP)
    page.goto(pages["screen"] + "/operator")
    expect(page.get_by_text("Nothing has happened so far.")).to_be_visible()
    page.evaluate("window.neverReloaded = true")
    ask(pay=pages["offer_code"])
    expect(page.get_by_text("payment paid")).to_be_visible(timeout=20_000)
    assert page.evaluate("window.neverReloaded"), "the page was loaded again"
    page.get_by_role("link", name="Paid", exact=True).click()
    expect(page.locator(".list a")).to_have_text(shown(pages["description"]))
    page.locator(".list a").click()
    assert page.title() != "acted" and page.problems == [], page.problems


def operator_makes_an_offer(browser, pages, _):
    page = sign_in(browser, pages, **PHONE)
    page.get_by_role("link", name="Node").click()
    page.get_by_role("link", name="New").click()
    page.get_by_label("Amount").first.focus()
    page.keyboard.type("5000sat")
    page.keyboard.press("Tab")
    page.keyboard.type("tea")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="tea")).to_be_visible()
    page.get_by_role("button", name="Disable").press("Enter")
    expect(page.get_by_role("button", name="Enable")).to_be_visible()
    assert page.problems == [], page.problems


def films(look, pages, folder):
    """Arguments that put a film before the camera, for looks that use one."""
    if look != "screen_collects_by_camera":
        return []
    path = os.path.join(folder, "code.y4m")
    ask(film=path, code="lightning:" + pages["payout_code"])
    fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    return fake + [f"--use-file-for-fake-video-capture={path}"]


def main():
    look, chromium, folder, pages = sys.argv[1:]
    pages = json.loads(pages)
    with sync_playwright() as playwright:
        # Nothing is loaded from elsewhere; as root, Chromium has no sandbox of its own.
        options = ["--no-sandbox"] if os.getuid() == 0 else []
        options += films(look, pages, folder)
        browser = playwright.chromium.launch(executable_path=chromium, args=options)
        globals()[look](browser, pages, folder)
        browser.close()


main()
