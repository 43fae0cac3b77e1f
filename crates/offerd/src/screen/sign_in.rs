//! Signing in with a rune, and out.

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use offerd_core::rune::Rune;

use super::complaint::Complaint;
use super::form::Form;
use super::visitor::{Visitor, cookie_name};
use super::{Screen, landing, show};

#[derive(Default, Template)]
#[template(path = "screen/sign_in.html")]
struct SignIn {
    complaint: Complaint,
}

pub(super) async fn page() -> Response {
    show(StatusCode::OK, &SignIn::default())
}

pub(super) async fn sign_in(
    State(screen): State<Screen>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Response> {
    let form = Form::read(body, &screen.door.limits).await?;
    let unknown = |why: String| refused(StatusCode::UNAUTHORIZED, why);
    let rune = form.text("rune").parse::<Rune>();
    let rune = rune.map_err(|error| unknown(format!("This is not a rune: it {error}.")))?;
    match screen.door.driver.authentic(&rune) {
        Ok(Ok(())) => {}
        Ok(Err(why)) => return Err(unknown(format!("{why}."))),
        Err(_) => return Err(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
    }
    let first = landing::of(&rune, screen.door.driver.now()).map_err(|why| {
        refused(
            StatusCode::FORBIDDEN,
            format!("This rune allows nothing that is done here: {why}."),
        )
    })?;
    let cookie = screen.sessions.open(rune);
    let cookie = cookie.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())?;
    let set = format!(
        "{}={cookie}; Path=/; HttpOnly; SameSite=Strict{}",
        cookie_name(&headers),
        secure(&headers)
    );
    Ok(([(header::SET_COOKIE, set)], Redirect::to(first)).into_response())
}

/// The first page of whoever is signed in.
pub(super) async fn home(State(screen): State<Screen>, visitor: Visitor) -> Redirect {
    let first = landing::of(&visitor.session.rune, screen.door.driver.now());
    // A rune whose time is over opens nothing any more.
    Redirect::to(first.unwrap_or("/sign-in"))
}

pub(super) async fn sign_out(
    State(screen): State<Screen>,
    visitor: Visitor,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Response> {
    visitor.form(&screen, body).await?;
    screen.sessions.close(visitor.session.id);
    let name = cookie_name(&headers);
    let gone = format!("{name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{}", secure(&headers));
    Ok(([(header::SET_COOKIE, gone)], Redirect::to("/sign-in")).into_response())
}

/// The form again, with what is wrong with the rune.
fn refused(status: StatusCode, why: String) -> Response {
    show(status, &SignIn { complaint: Complaint::at("rune", why) })
}

/// A browser that came over https is to send the cookie over nothing else.
fn secure(headers: &HeaderMap) -> &'static str {
    let https = headers.get(header::ORIGIN).is_some_and(|it| it.as_bytes().starts_with(b"https:"));
    if https { "; Secure" } else { "" }
}
