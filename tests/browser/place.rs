//! Where the tests run: what the browser gives, and where the simulated provider is.

use js_sys::global;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{DedicatedWorkerGlobalScope, FileSystemDirectoryHandle, Response, UrlSearchParams};

pub fn scope() -> DedicatedWorkerGlobalScope {
    global().dyn_into().expect("the tests run in a dedicated worker")
}

/// The simulated provider's address: `http` for HTTP/1.1, `https` for HTTP/2.
pub fn provider(wire: &str) -> String {
    let query = UrlSearchParams::new_with_str(&scope().location().search()).expect("a query");
    query.get(wire).expect("`cargo dev test` names the simulated provider in the address")
}

pub async fn the_private_file_system_is_there() {
    let directory = JsFuture::from(scope().navigator().storage().get_directory()).await.expect("a directory");
    assert!(directory.is_instance_of::<FileSystemDirectoryHandle>());
}

pub async fn the_simulated_provider_answers_on_both_wires() {
    for wire in ["http", "https"] {
        let fetched = JsFuture::from(scope().fetch_with_str(&format!("{}/v1/models", provider(wire)))).await;
        let response: Response = fetched.expect("an answer").dyn_into().expect("a response");
        assert_eq!(response.status(), 200, "{wire}");
    }
}
