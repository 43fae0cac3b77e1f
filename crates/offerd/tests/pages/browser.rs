//! The pages in Chromium, as Debian packages it, driven by Playwright: what a person sees, and a QR reader.
//!
//! `browser/look.py` is the visitor, one function for each test; it asks us by a line of JSON to pay, to redeem, or to
//! read a picture, and ends with 0 when all was as it should be.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::{Command as StdCommand, Stdio};
use std::sync::Arc;

use bolt1::Seconds;
use bolt12::{Recurrence, TimeUnit};
use offerd::http::{Door, Limits, Listener, api};
use offerd::shutdown::Shutdown;
use offerd::web;
use offerd_api::node::ChannelView;
use offerd_core::amount::AmountSpec;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use crate::caller::Caller;
use crate::node::EmptyNode;
use crate::python;
use crate::world::{Party, World, offer_request, payout_arguments};

/// With this set, a missing browser is a failure: as in continuous integration.
const REQUIRED: &str = "OFFERD_TESTS_REQUIRE_BROWSER";
/// Where screenshots are kept, to be looked at; otherwise they are deleted with the test.
const PICTURES: &str = "OFFERD_TESTS_PICTURES";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pages/browser/look.py");
/// Markup and a change of direction.
const HOSTILE: &str =
    "<script>document.title='acted'</script><img src=x onerror=alert(1)>\u{202e}txt";

/// A shop with its pages at a real door, and somebody who pays, with a screen.
struct Street {
    _world: World,
    shop: Party,
    customer: Caller,
    url: String,
    screen: String,
    shutdown: Shutdown,
}

impl Street {
    async fn open() -> Self {
        let world = World::new();
        let (shop, mut customer) = (world.announced(), Caller::of(world.announced()));
        customer.party.rates.say("EUR", "61234.56");
        customer.api.node = Arc::new(EmptyNode { channels: channels(), ..EmptyNode::default() });
        let shutdown = Shutdown::new();
        let door = Listener::bind(([127, 0, 0, 1], 0).into(), None).await.unwrap();
        let url = door.url();
        let router = web::router(shop.driver.clone(), shutdown.clone());
        tokio::spawn(door.serve(router, Limits::default(), shutdown.clone()));
        let private = Listener::bind(([127, 0, 0, 1], 0).into(), None).await.unwrap();
        let screen = private.url();
        let door = Door {
            calls: Arc::new(customer.api.clone()),
            driver: Arc::clone(&customer.party.driver),
            metrics: customer.metrics(),
            shutdown: shutdown.clone(),
            limits: api::limits(),
        };
        tokio::spawn(private.serve(door.router(), api::limits(), shutdown.clone()));
        Self { _world: world, shop, customer, url, screen, shutdown }
    }

    /// A standing offer, an order and a payout, all described like this: pages and codes.
    async fn pages(&self, description: &str) -> Value {
        let mut request = offer_request(1_000);
        request.arguments.description = Some(description.into());
        request.arguments.issuer = Some("Café Zürich".into());
        let offer = self.shop.driver.create_offer(request.clone()).await.unwrap().entry;
        request.arguments.single_use = true;
        request.return_url = Some(format!("{}/nothing", self.url));
        let order = self.shop.driver.create_offer(request).await.unwrap().entry;
        let mut arguments = payout_arguments(5_000);
        arguments.description = description.into();
        assert!(matches!(arguments.amount, AmountSpec::Msat(_)));
        let payout = self.shop.try_payout(arguments).await.unwrap().payout;
        let mut monthly = offer_request(700);
        monthly.arguments.recurrence = Some(Recurrence::every(NonZeroU32::MIN, TimeUnit::Months));
        let magazine = self.shop.driver.create_offer(monthly).await.unwrap().entry;
        let driver = &self.shop.driver;
        json!({
            "magazine_code": magazine.newest().offer.to_string(),
            "offer": format!("{}/o/{}", self.url, offer.newest().offer_id()),
            "offer_code": offer.newest().offer.to_string(),
            "order": format!("{}/c/{}", self.url, driver.order_page(order.row)),
            "order_code": order.newest().offer.to_string(),
            "payout": format!("{}/w/{}", self.url, driver.payout_page(payout.row)),
            "payout_code": payout.invoice_request.as_ref().unwrap().to_string(),
            "description": description,
            "screen": self.screen,
            "rune": self.customer.party.driver.create_rune(Vec::new()).unwrap().expose(),
        })
    }

    /// An offer, an order and a payout that have ended, in each way that there is.
    async fn endings(&self) -> Value {
        let driver = &self.shop.driver;
        let mut pages = Vec::new();
        for withdrawn in [true, false] {
            for single_use in [false, true] {
                let mut request = offer_request(2_000 + u64::from(withdrawn));
                request.arguments.single_use = single_use;
                request.lifetime = Some(Seconds(600));
                let entry = driver.create_offer(request).await.unwrap().entry;
                let id = entry.newest().offer_id();
                if withdrawn {
                    driver.disable_offer(&id).await.unwrap();
                }
                let order = format!("{}/c/{}", self.url, driver.order_page(entry.row));
                pages.push(if single_use { order } else { format!("{}/o/{id}", self.url) });
            }
            let mut arguments = payout_arguments(2_000);
            arguments.absolute_expiry = Some(offerd_testkit::sample::NOW.plus(Seconds(600)));
            let payout = self.shop.try_payout(arguments).await.unwrap().payout;
            if withdrawn {
                driver.disable_payout(payout.offer_id().as_ref(), None).await.unwrap();
            }
            pages.push(format!("{}/w/{}", self.url, driver.payout_page(payout.row)));
        }
        self.shop.watch.wish(|wishes| wishes.seconds_ahead = 1_200);
        json!({ "pages": pages })
    }

    async fn answer(&self, asked: &Value) -> Value {
        let text = |name: &str| asked[name].as_str();
        if let Some(code) = text("pay") {
            self.customer.party.pay(code).await.unwrap();
        } else if let Some(code) = text("redeem") {
            self.customer.party.redeem(code, "mine").await.unwrap();
        } else if let Some(path) = text("read") {
            return json!({ "text": read_qr(Path::new(path)) });
        } else if let Some(path) = text("film") {
            film(&asked["code"].as_str().unwrap().to_uppercase(), Path::new(path));
        } else if asked["endings"] == true {
            return self.endings().await;
        } else if let Some(hangs) = asked["hold"].as_bool() {
            self.customer.party.watch.wish(|wishes| wishes.pay_hangs = hangs);
        } else {
            panic!("the visitor asks for {asked}");
        }
        json!({})
    }
}

/// Channels with a little, a lot and nothing on our side, one of them with nobody there.
fn channels() -> Vec<ChannelView> {
    let channel = |place: u64, ours: u64, peer_connected| ChannelView {
        peer_id: format!("02{}", "ab".repeat(32)),
        peer_connected,
        state: "CHANNELD_NORMAL".into(),
        short_channel_id: Some(format!("{place}x1x0")),
        total_msat: 1_000_000_000,
        to_us_msat: ours,
        spendable_msat: ours.saturating_sub(10_000_000),
        receivable_msat: 990_000_000_u64.saturating_sub(ours),
        ..ChannelView::default()
    };
    vec![channel(101, 80_000_000, true), channel(102, 734_500_250, true), channel(103, 0, false)]
}

/// What a QR reader sees on a picture.
fn read_qr(path: &Path) -> String {
    let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    let mut decoder = png::Decoder::new(file);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut picture = decoder.read_info().unwrap();
    let mut bytes = vec![0; picture.output_buffer_size().unwrap()];
    let info = picture.next_frame(&mut bytes).unwrap();
    let samples = info.color_type.samples();
    let (width, height) = (info.width as usize, info.height as usize);
    let grey = |x: usize, y: usize| bytes[(y * width + x) * samples];
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, grey);
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1, "codes on the picture {}", path.display());
    grids[0].decode().unwrap().1
}

/// A film of a code, for a camera: one frame of 640 by 480 in Y4M.
fn film(text: &str, path: &Path) {
    const WIDTH: usize = 640;
    const HEIGHT: usize = 480;
    const SCALE: usize = 5;
    let code = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::L).unwrap();
    let side = code.width();
    let (left, top) = ((WIDTH - side * SCALE) / 2, (HEIGHT - side * SCALE) / 2);
    let mut luma = vec![235; WIDTH * HEIGHT];
    for (at, color) in code.to_colors().into_iter().enumerate() {
        let (x, y) = (left + at % side * SCALE, top + at / side * SCALE);
        if color == qrcode::types::Color::Dark {
            (y..y + SCALE).for_each(|row| luma[row * WIDTH + x..row * WIDTH + x + SCALE].fill(16));
        }
    }
    let mut film =
        format!("YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\nFRAME\n").into_bytes();
    film.extend(luma);
    film.extend(vec![128; WIDTH * HEIGHT / 2]);
    std::fs::write(path, film).unwrap();
}

/// Chromium, and the Python that drives it; or why there is none.
fn equipment() -> Result<(PathBuf, PathBuf), String> {
    let is_there = |name: &&str| {
        let asked = StdCommand::new(name).arg("--version").stderr(Stdio::null()).output();
        asked.is_ok_and(|answer| answer.status.success())
    };
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let browser = names.into_iter().find(is_there).ok_or("Chromium is not installed")?;
    let path = StdCommand::new("sh").args(["-c", &format!("command -v {browser}")]).output();
    let path = path.map_err(|error| error.to_string())?.stdout;
    let path = PathBuf::from(String::from_utf8_lossy(&path).trim());
    Ok((path, python::with_packages("pages/browser")?))
}

/// Lets the visitor look at pages described like this.
async fn visit(look: &str, description: &str) {
    let prepared = tokio::task::spawn_blocking(equipment).await.unwrap();
    let (browser, python) = match prepared {
        Ok(equipment) => equipment,
        Err(why) if python::may_be_missing(REQUIRED) => {
            eprintln!("SKIPPED: {look} was not looked at in a browser: {why}");
            return;
        }
        Err(why) => panic!("{why}"),
    };
    let street = Street::open().await;
    let pages = street.pages(description).await;
    let folder = tempfile::tempdir().unwrap();
    let kept = std::env::var_os(PICTURES).map(PathBuf::from);
    let pictures = kept.as_deref().unwrap_or(folder.path());
    let mut visitor = Command::new(python)
        .args([SCRIPT, look])
        .args([browser.as_path(), pictures])
        .arg(pages.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut input = visitor.stdin.take().unwrap();
    let mut lines = BufReader::new(visitor.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        let answer = street.answer(&serde_json::from_str(&line).unwrap()).await;
        input.write_all(format!("{answer}\n").as_bytes()).await.unwrap();
    }
    let status = visitor.wait().await.unwrap();
    street.shutdown.request();
    assert!(status.success(), "{look}: {status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_turns_the_open_page_of_its_order_to_paid_without_a_reload() {
    visit("order_turns_to_paid", "two teas").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redeeming_turns_the_open_page_of_the_payout() {
    visit("payout_turns_to_paid", "withdrawal").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_viewers_of_one_offer_do_not_see_each_other_s_payments() {
    visit("offer_stays_as_it_is", "coffee").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_others_stay_text_in_a_browser() {
    visit("texts_stay_text", HOSTILE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_codes_on_screenshots_are_read_by_a_qr_reader() {
    visit("codes_can_be_scanned", "coffee").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_any_page_in_any_state_light_or_dark() {
    visit("axe_finds_nothing", "coffee").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_turns_to_paid_without_script() {
    visit("works_without_script", "coffee").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_is_paid_from_a_picture_of_its_code_at_the_screen() {
    visit("screen_pays_an_offer", "coffee").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_is_collected_at_the_screen_by_camera() {
    visit("screen_collects_by_camera", "withdrawal").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_code_stays_as_it_was_typed_and_its_field_is_named() {
    visit("screen_keeps_what_was_typed", "coffee").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_cannot_send_a_form_to_the_screen() {
    visit("screen_refuses_other_sites", "coffee").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_screen_pays_and_collects_without_script() {
    visit("screen_works_without_script", HOSTILE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_the_screen_on_a_phone_or_desktop_light_or_dark() {
    visit("axe_finds_nothing_on_the_screen", "coffee").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_pages_that_have_ended() {
    visit("axe_finds_nothing_at_the_end", "coffee").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_a_phone_and_a_desktop_light_and_dark() {
    visit("every_page_is_photographed", "Two teas and a slice of cake").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_recurs_is_subscribed_to_and_cancelled_at_the_screen() {
    visit("screen_subscribes", "coffee").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_the_operator_s_pages_on_a_phone_or_desktop_light_or_dark() {
    visit("axe_finds_nothing_for_the_operator", "coffee").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_s_page_shows_a_payment_without_a_reload() {
    visit("operator_sees_a_payment", HOSTILE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_is_made_and_disabled_by_keyboard_at_the_operator_s_pages() {
    visit("operator_makes_an_offer", "coffee").await;
}
