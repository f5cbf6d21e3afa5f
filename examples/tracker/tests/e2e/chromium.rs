//! [`Chromium`]: real browsers, by ChromeDriver, as a child of the test.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use uuid::Uuid;

/// What is waited for comes sooner, or never.
const LIMIT: Duration = Duration::from_secs(60);

/// A ChromeDriver with a port of its own. Dropping it ends it and every browser that it started.
pub(crate) struct Chromium {
    driver: Child,
    port: u16,
    /// Profiles and whatever else they lay down: nothing is left of it.
    folder: PathBuf,
}

impl Chromium {
    pub(crate) fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("tracker-chromium-{}", Uuid::new_v4()));
        std::fs::create_dir(&folder).expect("a folder can be made");
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .env("TMPDIR", &folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // The browsers are in it as well, so that they end with it however the test does.
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| {
                panic!(
                    "ChromeDriver cannot be started ({error}): `cargo xtask test` gets it where it may; \
                     by hand it is the packages chromium and chromium-driver of Debian"
                )
            });
        let lines = BufReader::new(driver.stdout.take().expect("it is piped")).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
        });
        // It writes nothing more, and reads nothing.
        Self { driver, port: port.expect("ChromeDriver says its port"), folder }
    }

    /// A browser with a profile of its own, which ChromeDriver makes and removes.
    pub(crate) async fn browser(&self) -> Browser {
        // As root there is no sandbox, and in containers little shared memory. Nothing but the test is to be on the network.
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=1200,800",
        ];
        let capabilities = json!({ "goog:chromeOptions": { "args": arguments } });
        let capabilities = capabilities.as_object().expect("an object").clone();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let address = format!("http://127.0.0.1:{}", self.port);
        Browser(builder.capabilities(capabilities).connect(&address).await.expect("Chromium starts"))
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // By the number of its group, which is that of a child that has not been waited for.
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.driver.id())]).status();
        let _ = self.driver.wait();
        // The browsers end a moment after they were told to.
        for _ in 0..50 {
            if std::fs::remove_dir_all(&self.folder).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Somebody in front of a browser: sees what is there, or waits until it is.
pub(crate) struct Browser(pub(crate) Client);

impl Browser {
    pub(crate) async fn go(&self, address: &str) {
        self.0.goto(address).await.expect("it can be reached");
    }

    /// By an XPath expression.
    pub(crate) async fn see(&self, what: &str) -> Element {
        self.wait_for(Locator::XPath(what)).await
    }

    /// By a selector of CSS, which knows what a person has done to a control.
    pub(crate) async fn see_css(&self, what: &str) -> Element {
        self.wait_for(Locator::Css(what)).await
    }

    async fn wait_for(&self, what: Locator<'_>) -> Element {
        match self.0.wait().at_most(LIMIT).for_element(what).await {
            Ok(element) => element,
            Err(error) => panic!("{what:?} is not there ({error}):\n{}", self.text().await),
        }
    }

    /// Waits until it is gone.
    pub(crate) async fn see_no_more(&self, what: &str) {
        let deadline = tokio::time::Instant::now() + LIMIT;
        while self.has(what).await {
            assert!(tokio::time::Instant::now() < deadline, "{what} is still there:\n{}", self.text().await);
        }
    }

    pub(crate) async fn has(&self, what: &str) -> bool {
        !self.0.find_all(Locator::XPath(what)).await.expect("an answer").is_empty()
    }

    /// A list may be shown again just when one of its elements was found: then it is looked for again.
    pub(crate) async fn click(&self, what: &str) {
        while let Err(error) = self.see(what).await.click().await {
            assert!(error.is_stale_element_reference(), "{what} cannot be clicked: {error}");
        }
    }

    /// Into the field with this label.
    pub(crate) async fn write(&self, label: &str, text: &str) {
        let label = format!("//label[starts-with(normalize-space(), '{label}')]");
        let field = self.see(&format!("{label}//input | //input[@id = {label}/@for]")).await;
        field.send_keys(text).await.expect("it can be written into");
    }

    pub(crate) async fn address(&self) -> String {
        self.0.current_url().await.expect("an address").to_string()
    }

    /// Everything that can be read.
    pub(crate) async fn text(&self) -> String {
        self.see_body().await.text().await.expect("a text")
    }

    async fn see_body(&self) -> Element {
        self.0.find(Locator::Css("body")).await.expect("a page")
    }
}
