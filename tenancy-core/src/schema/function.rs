//! [`SqlFunction`]: a function in the database that hand-written statements may call.

/// A function in the database that `sql!` may call: made by [`sql_function!`](crate::sql_function), and listed in `schema!`.
///
/// `connect` refuses a database where a listed function does not exist, or runs with its owner's rights
/// (`SECURITY DEFINER`): such a function can read what no policy shows to its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SqlFunction {
    /// `schema.name`.
    path: &'static str,
    /// Where the dot is.
    dot: usize,
}

impl SqlFunction {
    /// For `sql_function!`. Each of both names is as PostgreSQL stores it.
    ///
    /// # Panics
    ///
    /// The name has not one dot. It is called while compiling.
    #[doc(hidden)]
    #[must_use]
    pub const fn __new(path: &'static str) -> Self {
        let bytes = path.as_bytes();
        let (mut dot, mut i) = (0, 0);
        while i < bytes.len() {
            if bytes[i] == b'.' {
                assert!(dot == 0, "a function is named by its schema and its name: `app.open_tasks`");
                dot = i;
            }
            i += 1;
        }
        assert!(
            dot > 0 && dot + 1 < bytes.len(),
            "a function is named by its schema and its name: `app.open_tasks`"
        );
        Self { path, dot }
    }

    /// `schema.name`.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// The schema that it stands in.
    #[must_use]
    pub fn schema(&self) -> &'static str {
        &self.path[..self.dot]
    }

    /// Its name, without the schema.
    #[must_use]
    pub fn name(&self) -> &'static str {
        &self.path[self.dot + 1..]
    }
}

/// Declares functions of the database, so that `sql!` may call them. They are listed in `schema!` as well.
///
/// ```
/// # use tenancy_core as tenancy;
/// tenancy::sql_function! {
///     /// How many tasks of a project are open.
///     pub OPEN_TASKS = "app.open_tasks"
/// }
/// assert_eq!((OPEN_TASKS.schema(), OPEN_TASKS.name()), ("app", "open_tasks"));
/// ```
///
/// Whoever declares a function says that it reads nothing but what its caller may: that it is no `SECURITY DEFINER`
/// function, which `connect` asks, and that it neither changes the binding nor runs SQL that it is given, which nobody asks.
#[macro_export]
macro_rules! sql_function {
    ($($(#[$meta:meta])* $visibility:vis $name:ident = $path:literal),+ $(,)?) => {
        $(
            $(#[$meta])*
            $visibility const $name: $crate::schema::SqlFunction = $crate::schema::SqlFunction::__new($path);
        )+
    };
}
