//! What the core reports, as JavaScript throws it.

use crate::error::Error;
use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// An error on its way to JavaScript: an `Error` named `ChildlinkError` with `code`, `hint` and `field`.
pub struct Thrown(Error);

impl<E: Into<Error>> From<E> for Thrown {
    fn from(error: E) -> Thrown {
        Thrown(error.into())
    }
}

impl From<Thrown> for JsValue {
    fn from(Thrown(error): Thrown) -> JsValue {
        let thrown = js_sys::Error::new(&error.message);
        thrown.set_name("ChildlinkError");
        let field = error.field.map_or(JsValue::NULL, JsValue::from);
        for (key, value) in [("code", error.code.into()), ("hint", error.hint.into()), ("field", field)] {
            // Setting a plain property of an object that we have just made cannot fail.
            let _ = Reflect::set(&thrown, &key.into(), &value);
        }
        thrown.into()
    }
}
