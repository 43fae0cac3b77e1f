//! Somebody who looks at pages, without a browser and without a socket.

use axum::Router;
use axum::body::{Body, BodyDataStream, to_bytes};
use axum::http::{HeaderMap, Request, Response, StatusCode};
use futures_util::StreamExt as _;
use offerd::driver::{OfferMade, OfferRequest};
use offerd::shutdown::Shutdown;
use offerd::web;
use offerd_core::payout::Payout;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::world::{Party, World, offer_request};

/// Most bytes of an answer that is read.
const PLENTY: usize = 1 << 20;

/// The pages of one party.
pub struct Site {
    pub party: Party,
    pub shutdown: Shutdown,
    router: Router,
}

/// A whole answer.
pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

/// The events of a page that is followed.
pub struct Follower(BodyDataStream);

impl Site {
    pub fn of(party: Party) -> Self {
        let shutdown = Shutdown::new();
        let router = web::router(party.driver.clone(), shutdown.clone());
        Self { party, shutdown, router }
    }

    pub async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub async fn ask(&self, request: Request<Body>) -> Page {
        let (parts, body) = self.send(request).await.into_parts();
        let bytes = to_bytes(body, PLENTY).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Page { status: parts.status, headers: parts.headers, text }
    }

    pub async fn get(&self, path: &str) -> Page {
        self.ask(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn follow(&self, path: &str) -> Follower {
        let response = self.send(Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        Follower(response.into_body().into_data_stream())
    }

    pub fn payout_path(&self, payout: &Payout) -> String {
        format!("/w/{}", self.party.driver.payout_page(payout.row))
    }

    /// An order of 1000 sat, and the address of its page.
    pub async fn order(&self, change: impl FnOnce(&mut OfferRequest)) -> (String, String) {
        let mut request = offer_request(1_000);
        request.arguments.single_use = true;
        change(&mut request);
        let made: OfferMade = self.party.driver.create_offer(request).await.unwrap();
        let name = self.party.driver.order_page(made.entry.row);
        (made.entry.newest().offer.to_string(), format!("/c/{name}"))
    }
}

impl Page {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Follower {
    /// What the page is to show next; `None` when nothing follows any more.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            let bytes = self.0.next().await?.unwrap();
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            let data = text.lines().find_map(|line| line.strip_prefix("data: "));
            if let Some(data) = data {
                return Some(serde_json::from_str(data).unwrap());
            }
        }
    }

    /// The state that the page is to show next.
    pub async fn state(&mut self) -> String {
        self.next().await.unwrap()["state"].as_str().unwrap().to_owned()
    }
}

pub fn shop_and_customer() -> (World, Site, Party) {
    let world = World::new();
    let (shop, customer) = (Site::of(world.announced()), world.announced());
    (world, shop, customer)
}
