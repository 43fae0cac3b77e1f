//! Who asks: a browser that is signed in.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};

use super::Screen;
use super::form::Form;
use super::session::Session;
use crate::http::Seat;
use crate::http::seats::Hold;

/// A signed-in browser; its seat is not given to somebody else meanwhile.
pub(super) struct Visitor {
    pub(super) session: Session,
    pub(super) hold: Hold,
}

impl FromRequestParts<Screen> for Visitor {
    type Rejection = Response;

    /// Before anything of the body is read. Whoever is not signed in is led to where he can be.
    async fn from_request_parts(parts: &mut Parts, screen: &Screen) -> Result<Self, Response> {
        let session = cookie(&parts.headers).and_then(|cookie| screen.sessions.find(&cookie));
        let Some(session) = session else { return Err(sign_in()) };
        // A rune that is no longer honoured ends its sessions.
        if !matches!(screen.door.driver.authentic(&session.rune), Ok(Ok(()))) {
            screen.sessions.close(session.id);
            return Err(sign_in());
        }
        let seat = parts.extensions.get::<Seat>().cloned().unwrap_or_default();
        Ok(Self { session, hold: seat.hold() })
    }
}

impl Visitor {
    /// A form of this session; anything else is refused.
    pub(super) async fn form(&self, screen: &Screen, body: Body) -> Result<Form, Response> {
        let form = Form::read(body, &screen.door.limits).await?;
        if self.session.admits(form.text("token")) {
            return Ok(form);
        }
        let why =
            "this form is not of this session: go back, load the page again, and send it anew\n";
        Err((StatusCode::FORBIDDEN, why).into_response())
    }
}

fn sign_in() -> Response {
    Redirect::to("/sign-in").into_response()
}

/// The name of the cookie: cookies of one host are shared by its ports, and daemons are told apart by theirs.
pub(super) fn cookie_name(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let port = host.rsplit_once(':').map_or("", |(_, port)| port);
    let port = if port.bytes().all(|byte| byte.is_ascii_digit()) { port } else { "" };
    format!("offerd_session{port}")
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let name = cookie_name(headers);
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('='));
    let mut ours = pairs.filter(|(known, _)| known.trim() == name);
    ours.next().map(|(_, value)| value.trim().to_owned())
}
