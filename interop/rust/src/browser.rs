//! As much of a browser as a login takes.

use std::collections::BTreeMap;
use std::error::Error;

use openidconnect::url::form_urlencoded::Serializer;
use openidconnect::{HttpRequest, HttpResponse, http};
use ureq::Agent;

/// Sends a request and reads the whole answer, whatever its status; redirects are not followed.
pub fn send(request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .build();
    let (parts, mut body) = Agent::new_with_config(config).run(request)?.into_parts();
    Ok(http::Response::from_parts(parts, body.read_to_vec()?))
}

/// Keeps cookies, and follows no redirect.
#[derive(Default)]
pub struct Browser {
    cookies: BTreeMap<String, String>,
}

impl Browser {
    /// Opens the login page at an address, signs in, and returns where the server sends the browser then.
    pub fn sign_in(
        &mut self,
        url: &str,
        username: &str,
        password: &str,
    ) -> Result<String, Box<dyn Error>> {
        let page = String::from_utf8(self.fetch("GET", url, String::new())?.into_body())?;
        let action =
            login_action(&page).ok_or_else(|| format!("there is no login form at {url}"))?;
        let form = [
            ("username", username),
            ("password", password),
            ("credentialId", ""),
        ];
        let body = Serializer::new(String::new()).extend_pairs(form).finish();
        location(self.fetch("POST", &action, body)?)
    }

    /// Opens an address, and returns where the server sends the browser.
    pub fn open(&mut self, url: &str) -> Result<String, Box<dyn Error>> {
        location(self.fetch("GET", url, String::new())?)
    }

    fn fetch(
        &mut self,
        method: &str,
        url: &str,
        body: String,
    ) -> Result<HttpResponse, Box<dyn Error>> {
        // Keycloak's cookies are Secure on http, too, which browsers let pass on loopback addresses and cookie jars do not.
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = http::Request::builder()
            .method(method)
            .uri(url)
            .header("Cookie", cookies.join("; "));
        if method == "POST" {
            request = request.header("Content-Type", "application/x-www-form-urlencoded");
        }
        let response = send(request.body(body.into_bytes())?)?;
        for line in response.headers().get_all("Set-Cookie") {
            if let Some((name, value)) = line
                .to_str()?
                .split(';')
                .next()
                .and_then(|pair| pair.split_once('='))
            {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(response)
    }
}

/// Returns where the login form of a page posts to.
fn login_action(page: &str) -> Option<String> {
    let id = page.find("id=\"kc-form-login\"")?;
    let form = &page[page[..id].rfind("<form")?..];
    let tag = &form[..form.find('>')?];
    let action = tag.split("action=\"").nth(1)?.split('"').next()?;
    Some(action.replace("&amp;", "&"))
}

fn location(response: HttpResponse) -> Result<String, Box<dyn Error>> {
    let location = response.headers().get("Location").ok_or_else(|| {
        format!(
            "the server answered {} and leads nowhere",
            response.status()
        )
    })?;
    Ok(location.to_str()?.to_owned())
}
