//! What a handler's arguments and result say, each asked in one line.

/// In the `impl Endpoint` of a handler: what its arguments take from the guard, and the description of the operation.
#[doc(hidden)]
#[macro_export]
macro_rules! __signature {
    (($($(#[$cfg:meta])* $argument:ty),*) -> $output:ty) => {
        const TAKES: &'static [$crate::__private::Takes] = {
            #[allow(unused_imports)]
            use $crate::__private::probe::*;
            &[$($(#[$cfg])* $crate::__private::Argument::<$argument>::TAKES),*]
        };

        fn describe(operation: &mut $crate::__private::Describe) {
            #[allow(unused_imports)]
            use $crate::__private::probe::*;
            $($(#[$cfg])* $crate::__private::Argument::<$argument>::NEW.describe(operation);)*
            $crate::__private::Output::<$output>::NEW.describe(operation);
        }
    };
}
