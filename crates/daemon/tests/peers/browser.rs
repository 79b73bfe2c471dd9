//! Chromium, driven through `dashboards/tests/browser.mjs`: one line of JSON asks, one answers.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;

use serde_json::{Value, json};

const CHROMIUM: &str = "/usr/bin/chromium";

/// A running browser; killed when dropped. Its pages are browsers of their own, each with its cookies.
pub(crate) struct Browser {
    driver: Rc<RefCell<Driver>>,
}

struct Driver {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _already_ended = self.child.kill();
        let _status = self.child.wait();
    }
}

impl Browser {
    /// Starts Chromium without a window.
    pub(crate) fn start() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dashboards");
        let child = Command::new("node")
            .args(["tests/browser.mjs", CHROMIUM])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child =
            child.unwrap_or_else(|error| panic!("node: {error} (cargo xtask test installs it)"));
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let driver = Driver {
            child,
            input,
            output: BufReader::new(output),
        };
        Self {
            driver: Rc::new(RefCell::new(driver)),
        }
    }

    /// A page in English, of a laptop's size.
    pub(crate) fn page(&self, name: &str) -> Page {
        let chosen = json!({"language": "en", "theme": "system"}).to_string();
        self.page_with(name, json!({"storage": {"linka": chosen}}))
    }

    /// A page in English that trusts every certificate.
    pub(crate) fn trusting_page(&self, name: &str) -> Page {
        let chosen = json!({"language": "en", "theme": "system"}).to_string();
        self.page_with(
            name,
            json!({"storage": {"linka": chosen}, "trustsAll": true}),
        )
    }

    /// A page with what the driver understands: `viewport`, `locale`, `colorScheme`, `storage`, `trustsAll`, `zone`.
    pub(crate) fn page_with(&self, name: &str, options: Value) -> Page {
        Page {
            driver: self.driver.clone(),
            name: name.to_owned(),
            options,
        }
    }
}

/// A page of the browser.
pub(crate) struct Page {
    driver: Rc<RefCell<Driver>>,
    name: String,
    options: Value,
}

/// By role and name.
pub(crate) fn role(role: &str, name: &str) -> Value {
    json!({"role": role, "name": name})
}

/// By its label.
pub(crate) fn label(text: &str) -> Value {
    json!({"label": text})
}

/// By its text.
pub(crate) fn text(text: &str) -> Value {
    json!({"text": text})
}

/// By CSS.
pub(crate) fn css(selector: &str) -> Value {
    json!({"css": selector})
}

impl Page {
    #[track_caller]
    pub(crate) fn open(&self, url: &str) {
        self.act("open", json!({"url": url}));
    }

    /// Another tab of the same browser, at an address.
    #[track_caller]
    pub(crate) fn tab(&self, name: &str, url: &str) -> Self {
        self.act("tab", json!({"name": name, "url": url}));
        Self {
            driver: self.driver.clone(),
            name: name.to_owned(),
            options: self.options.clone(),
        }
    }

    #[track_caller]
    pub(crate) fn click(&self, what: Value) {
        self.act("click", json!({"what": what}));
    }

    #[track_caller]
    pub(crate) fn fill(&self, what: Value, text: &str) {
        self.act("fill", json!({"what": what, "text": text}));
    }

    #[track_caller]
    pub(crate) fn choose(&self, what: Value, value: &str) {
        self.act("choose", json!({"what": what, "value": value}));
    }

    /// Presses keys one after another, by their names in the DOM.
    #[track_caller]
    pub(crate) fn press(&self, keys: &[&str]) {
        self.act("press", json!({"keys": keys}));
    }

    #[track_caller]
    pub(crate) fn focus(&self, what: Value) {
        self.act("focus", json!({"what": what}));
    }

    /// Waits until it is there to be seen.
    #[track_caller]
    pub(crate) fn see(&self, what: Value) {
        self.act("see", json!({"what": what, "timeout": 30_000}));
    }

    /// Waits until it is there no more.
    #[track_caller]
    pub(crate) fn miss(&self, what: Value) {
        self.act("miss", json!({"what": what, "timeout": 30_000}));
    }

    #[track_caller]
    pub(crate) fn text(&self, what: Value) -> String {
        let text = self.act("text", json!({"what": what}));
        text.as_str().unwrap_or_default().to_owned()
    }

    #[track_caller]
    pub(crate) fn texts(&self, what: Value) -> Vec<String> {
        let texts = self.act("texts", json!({"what": what}));
        serde_json::from_value(texts).unwrap()
    }

    #[track_caller]
    pub(crate) fn count(&self, what: Value) -> u64 {
        self.act("count", json!({"what": what})).as_u64().unwrap()
    }

    #[track_caller]
    pub(crate) fn evaluate(&self, script: &str) -> Value {
        self.act("evaluate", json!({"script": script}))
    }

    /// The path of its address.
    #[track_caller]
    pub(crate) fn path(&self) -> String {
        let path = self.act("path", json!({}));
        path.as_str().unwrap_or_default().to_owned()
    }

    #[track_caller]
    pub(crate) fn emulate(&self, what: Value) {
        self.act("emulate", what);
    }

    #[track_caller]
    pub(crate) fn reload(&self) {
        self.act("reload", json!({}));
    }

    #[track_caller]
    pub(crate) fn screenshot(&self, path: &Path) {
        self.act("screenshot", json!({"path": path}));
    }

    /// The rules of axe that the page breaks.
    #[track_caller]
    pub(crate) fn axe(&self) -> Vec<String> {
        serde_json::from_value(self.act("axe", json!({}))).unwrap()
    }

    /// Errors of its scripts and lines of its console since it was asked last.
    #[track_caller]
    pub(crate) fn faults(&self) -> Vec<String> {
        let faults: Vec<String> = serde_json::from_value(self.act("faults", json!({}))).unwrap();
        // Whether somebody is signed in is found out by asking; the console tells the answer 401 by itself.
        let asked = |fault: &String| !fault.contains("the server responded with a status of 401");
        faults.into_iter().filter(asked).collect()
    }

    #[track_caller]
    fn act(&self, act: &str, more: Value) -> Value {
        let mut command = self.options.as_object().cloned().unwrap_or_default();
        command.insert("page".to_owned(), json!(self.name));
        command.insert("do".to_owned(), json!(act));
        command.extend(more.as_object().cloned().unwrap_or_default());
        let command = Value::Object(command);
        let mut driver = self.driver.borrow_mut();
        writeln!(driver.input, "{command}").unwrap();
        let mut line = String::new();
        driver.output.read_line(&mut line).unwrap();
        let mut answer: Value = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("the browser ended at {command}"));
        if let Some(error) = answer["error"].as_str() {
            panic!("page {}: {act}: {error}\n{command}", self.name);
        }
        answer["ok"].take()
    }
}
