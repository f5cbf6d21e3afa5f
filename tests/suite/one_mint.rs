//! A token is built in one place. This walks the sources of `tenancy-core` and says where.

use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// Public functions that return a token, owned or borrowed. Each is reviewed: it hands on a token, or is the mint.
const RETURN_A_TOKEN: &[&str] = &[
    // Out of the request, where the layer laid it.
    "http/axum.rs: TenantToken::from_request_parts",
    "http/axum.rs: TenantToken::from_request_parts",
    "http/outcome.rs: ::tenant_token",
    "http/ws.rs: TenantWebSocket::token",
    "http/ws.rs: TenantWebSocketUpgrade::token",
    "statement/proof.rs: Proof::token",
    "statement/proof.rs: TenantToken::token",
    "token.rs: Authority::authenticate",
    "token.rs: Authority::authenticate_for",
];

#[derive(Default)]
struct Tokens {
    file: String,
    inside: Vec<String>,
    built: Vec<String>,
    returned: Vec<String>,
    derived: Vec<String>,
}

impl Tokens {
    fn place(&self) -> String {
        format!("{}: {}", self.file, self.inside.join("::"))
    }

    fn scope<T>(&mut self, name: String, node: T, visit: fn(&mut Self, T)) {
        self.inside.push(name);
        visit(self, node);
        self.inside.pop();
    }

    fn signature(&mut self, visible: bool, signature: &syn::Signature) {
        let syn::ReturnType::Type(_, returned) = &signature.output else { return };
        let text = quote::quote!(#returned).to_string();
        let own = text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "Self");
        let token = text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "TenantToken");
        let on_token = self.inside.iter().any(|name| name == "TenantToken");
        if visible && (token || own && on_token) {
            self.returned.push(format!("{}::{}", self.place(), signature.ident));
        }
    }
}

fn type_name(ty: &syn::Type) -> String {
    match ty {
        syn::Type::Path(path) => path.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default(),
        syn::Type::Reference(reference) => type_name(&reference.elem),
        _ => String::from("?"),
    }
}

impl<'ast> Visit<'ast> for Tokens {
    fn visit_item_impl(&mut self, node: &'ast syn::ItemImpl) {
        let name = type_name(&node.self_ty);
        if name == "TenantToken"
            && let Some((path, _)) = &node.trait_
        {
            let path = path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
            self.derived.push(path);
        }
        // The methods of a trait's implementation are as public as the trait.
        for item in &node.items {
            if let syn::ImplItem::Fn(function) = item {
                let visible = node.trait_.is_some() && name == "TenantToken"
                    || matches!(function.vis, syn::Visibility::Public(_));
                self.inside.push(name.clone());
                self.signature(visible, &function.sig);
                self.inside.pop();
            }
        }
        self.scope(name, node, visit::visit_item_impl);
    }

    fn visit_item_trait(&mut self, node: &'ast syn::ItemTrait) {
        for item in &node.items {
            if let syn::TraitItem::Fn(function) = item {
                self.inside.push(node.ident.to_string());
                self.signature(true, &function.sig);
                self.inside.pop();
            }
        }
        self.scope(node.ident.to_string(), node, visit::visit_item_trait);
    }

    fn visit_item_fn(&mut self, node: &'ast syn::ItemFn) {
        self.signature(matches!(node.vis, syn::Visibility::Public(_)), &node.sig);
        self.scope(node.sig.ident.to_string(), node, visit::visit_item_fn);
    }

    fn visit_impl_item_fn(&mut self, node: &'ast syn::ImplItemFn) {
        self.scope(node.sig.ident.to_string(), node, visit::visit_impl_item_fn);
    }

    fn visit_item_struct(&mut self, node: &'ast syn::ItemStruct) {
        if node.ident == "TenantToken" {
            for attribute in node.attrs.iter().filter(|attribute| attribute.path().is_ident("derive")) {
                let syn::Meta::List(list) = &attribute.meta else { continue };
                self.derived.extend(list.tokens.to_string().split(',').map(|name| name.trim().to_owned()));
            }
            assert!(
                node.fields.iter().all(|field| matches!(field.vis, syn::Visibility::Inherited)),
                "the fields of a token are private"
            );
        }
        visit::visit_item_struct(self, node);
    }

    fn visit_expr_struct(&mut self, node: &'ast syn::ExprStruct) {
        let name = node.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
        let of_token = self.inside.first().is_some_and(|name| name == "TenantToken");
        if name == "TenantToken" || name == "Proven" || name == "Self" && of_token {
            self.built.push(format!("{} builds {name}", self.place()));
        }
        visit::visit_expr_struct(self, node);
    }

    // A macro's arguments are not syntax yet: look for the word.
    fn visit_macro(&mut self, node: &'ast syn::Macro) {
        let text = node.tokens.to_string();
        if text.contains("TenantToken {") || text.contains("Proven {") {
            self.built.push(format!("{} builds in a macro", self.place()));
        }
        visit::visit_macro(self, node);
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the sources can be listed") {
        let path = entry.expect("the sources can be listed").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn a_token_is_built_in_one_place() {
    let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("tenancy-core/src");
    let mut files = Vec::new();
    sources(&core, &mut files);
    files.sort();
    let mut tokens = Tokens::default();
    for file in &files {
        tokens.file = file.strip_prefix(&core).expect("below it").display().to_string();
        let text = fs::read_to_string(file).expect("a source can be read");
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        tokens.visit_file(&parsed);
    }
    assert!(files.len() > 20, "the sources were found");
    assert_eq!(
        tokens.built,
        ["token.rs: Authority::mint builds TenantToken", "token.rs: Authority::mint builds Proven"],
        "a token is built where a verifier has accepted a credential, and nowhere else"
    );
    tokens.returned.sort();
    let mut reviewed = RETURN_A_TOKEN.to_vec();
    reviewed.sort_unstable();
    assert_eq!(tokens.returned, reviewed, "the public functions that return a token are a reviewed list");
    tokens.derived.sort();
    assert_eq!(
        tokens.derived,
        ["Clone", "Debug", "FromRequestParts", "OptionalFromRequestParts", "Proof", "ReadProof", "Sealed"],
        "the traits of a token are a reviewed list"
    );
}
