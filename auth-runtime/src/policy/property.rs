//! Random policies, held against an evaluator that is as plain as can be, over every combination of facts.

use std::{any::Any, fmt};

use axum::http::{Request, request::Parts};

use super::{
    About, Alternative, Caller, Decision, Facts, KnownUser, Named, Policy, Predicate, Presented, Requirement, Rules,
    TypeName,
};
use crate::{
    Refusal, Scope, SecurityScheme,
    role::Role,
    scheme::{Scheme, scheme_of},
    secret::Secret,
    store::Boxed,
    token::AccessClaims,
};

#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
enum Scopes {
    #[scope("a")]
    A,
    #[scope("b")]
    B,
}

#[derive(crate::Role, Clone, Copy, PartialEq, Eq, Debug)]
enum Roles {
    #[role("editor")]
    Editor,
}

#[derive(SecurityScheme, Clone)]
#[security(api_key(header = "x-key"))]
struct Key(Secret);

#[derive(SecurityScheme, Clone)]
#[security(api_key(header = "x-other"))]
struct Other(Secret);

/// Which of two predicates it is; the answer is known to the test.
struct Asked(&'static str);

impl Predicate for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn test<'a>(&'a self, _: &'a Caller<'a>) -> Boxed<'a, Result<Option<bool>, Refusal>> {
        Box::pin(async { unreachable!("the test answers") })
    }
}

const ABOUT_REQUEST: Asked = Asked("request");
const ABOUT_USER: Asked = Asked("user");

/// An expression, as plain as can be.
#[derive(Clone, Debug)]
enum Plain {
    Token,
    User,
    ActiveUser,
    ScopeA,
    ScopeB,
    BothScopes,
    Role,
    Key,
    AboutRequest,
    AboutUser,
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
}

/// Everything that there is to know of a caller.
#[derive(Clone, Copy, Debug)]
struct World {
    token: bool,
    a: bool,
    b: bool,
    disabled: bool,
    role: bool,
    key: bool,
    about_request: bool,
    about_user: bool,
}

impl World {
    fn all() -> impl Iterator<Item = Self> {
        (0..256_u16).map(|bits| {
            let is = |bit: u16| bits & (1 << bit) != 0;
            Self {
                token: is(0),
                a: is(1),
                b: is(2),
                disabled: is(3),
                role: is(4),
                key: is(5),
                about_request: is(6),
                about_user: is(7),
            }
        })
    }
}

impl Plain {
    fn random(random: &mut Random, depth: u8) -> Self {
        let leaf = depth == 0 || random.below(3) == 0;
        if leaf {
            return match random.below(10) {
                0 => Self::Token,
                1 => Self::User,
                2 => Self::ActiveUser,
                3 => Self::ScopeA,
                4 => Self::ScopeB,
                5 => Self::BothScopes,
                6 => Self::Role,
                7 => Self::Key,
                8 => Self::AboutRequest,
                _ => Self::AboutUser,
            };
        }
        let mut parts = || (0..2 + random.below(2)).map(|_| Self::random(random, depth - 1)).collect();
        match parts() {
            parts if random.below(3) == 0 => Self::Not(Box::new(Self::All(parts))),
            parts if random.below(2) == 0 => Self::All(parts),
            parts => Self::Any(parts),
        }
    }

    /// Yes, no, or nobody of whom it could be said.
    fn holds(&self, world: World) -> Option<bool> {
        let about_token = |is: bool| world.token.then_some(is);
        let about_user = |is: bool| (world.token && !world.disabled).then_some(is);
        match self {
            Self::Token | Self::User => Some(world.token),
            Self::ActiveUser => about_token(!world.disabled),
            Self::ScopeA => about_token(world.a),
            Self::ScopeB => about_token(world.b),
            Self::BothScopes => about_token(world.a && world.b),
            Self::Role => about_user(world.role),
            Self::Key => Some(world.key),
            Self::AboutRequest => Some(world.about_request),
            Self::AboutUser => about_user(world.about_user),
            Self::Not(inner) => inner.holds(world).map(|is| !is),
            Self::All(parts) => {
                let each: Vec<_> = parts.iter().map(|part| part.holds(world)).collect();
                if each.contains(&Some(false)) {
                    Some(false)
                } else if each.contains(&None) {
                    None
                } else {
                    Some(true)
                }
            }
            Self::Any(parts) => {
                let each: Vec<_> = parts.iter().map(|part| part.holds(world)).collect();
                if each.contains(&Some(true)) {
                    Some(true)
                } else if each.contains(&None) {
                    None
                } else {
                    Some(false)
                }
            }
        }
    }

    fn requirement(&self) -> Requirement {
        let each = |parts: &[Self]| -> &'static [Requirement] {
            parts.iter().map(Self::requirement).collect::<Vec<_>>().leak()
        };
        match self {
            Self::Token => Requirement::Token,
            Self::User => Requirement::User,
            Self::ActiveUser => Requirement::ActiveUser,
            Self::ScopeA => Requirement::Granted(&Scopes::A),
            Self::ScopeB => Requirement::Granted(&Scopes::B),
            Self::BothScopes => Requirement::Scopes(&[&Scopes::A, &Scopes::B]),
            Self::Role => Requirement::Role(&Roles::Editor),
            Self::Key => Requirement::Scheme(scheme_of::<Key>(), &[]),
            Self::AboutRequest => Requirement::Predicate(About::Request, &ABOUT_REQUEST),
            Self::AboutUser => Requirement::Predicate(About::User, &ABOUT_USER),
            Self::Not(inner) => Requirement::Not(Box::leak(Box::new(inner.requirement()))),
            Self::All(parts) => Requirement::All(each(parts)),
            Self::Any(parts) => Requirement::Any(each(parts)),
        }
    }
}

struct SomeUser(World);

impl KnownUser for SomeUser {
    fn is_disabled(&self) -> bool {
        self.0.disabled
    }

    fn has_role(&self, role: &dyn Role) -> bool {
        self.0.role && role.as_str() == "editor"
    }

    fn as_any(&self) -> &(dyn Any + Send + Sync) {
        self
    }
}

/// What the library decides.
fn decide(rules: Rules<'_>, world: World) -> bool {
    let mut scopes = Vec::new();
    scopes.extend(world.a.then_some("a"));
    scopes.extend(world.b.then_some("b"));
    let claims = AccessClaims::new("somebody").scopes(scopes);
    let user = SomeUser(world);
    let presented = [Presented { scheme: scheme_of::<Key>(), scopes: None }];
    let facts = Facts {
        token: world.token.then_some(&claims),
        user: world.token.then_some(&user as &dyn KnownUser),
        schemes: if world.key { &presented } else { &[] },
    };
    let mut tested = Vec::new();
    loop {
        let decision = rules.decide(&facts, &tested);
        assert!(
            is_same(&decision, &rules.weigh(&facts, &tested)),
            "{rules}: what is decided at once is decided otherwise"
        );
        match decision {
            Decision::Allowed => return true,
            Decision::Refused(_) => return false,
            Decision::Ask(number, predicate) => {
                tested.resize(tested.len().max(number + 1), None);
                let answer = if predicate.to_string() == "user" { world.about_user } else { world.about_request };
                assert!(tested[number].replace(Some(answer)).is_none(), "asked twice");
            }
        }
    }
}

fn is_same(one: &Decision, other: &Decision) -> bool {
    match (one, other) {
        (Decision::Allowed, Decision::Allowed) => true,
        (Decision::Refused(one), Decision::Refused(other)) => one == other,
        (Decision::Ask(one, _), Decision::Ask(other, _)) => one == other,
        _ => false,
    }
}

/// Whether a document says that these credentials are enough.
fn document_says(alternatives: &[Alternative], world: World) -> bool {
    let has = |scope: &&str| if *scope == "a" { world.a } else { world.b };
    alternatives.iter().any(|alternative| {
        let token = alternative.token.as_ref().is_none_or(|scopes| world.token && scopes.iter().all(has));
        token && (alternative.schemes.is_empty() || world.key)
    })
}

/// Whether somebody with no more than these credentials can be let in: what a document cannot say may be either way.
fn somebody_may(plain: &Plain, shown: World) -> bool {
    World::all().any(|world| {
        let no_more = (shown.token || !world.token)
            && (shown.a || !world.a)
            && (shown.b || !world.b)
            && (shown.key || !world.key);
        no_more && plain.holds(world) == Some(true)
    })
}

/// Numbers that are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }
}

#[test]
fn random_policies_decide_and_document_as_they_are_written() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (mut policies, mut decisions, mut allowed, mut at_once) = (0, 0, 0, 0);
    while policies < 2_000 {
        let plain: Vec<Plain> = (0..1 + random.below(2)).map(|_| Plain::random(&mut random, 3)).collect();
        let requirements: &'static [Requirement] = plain.iter().map(Plain::requirement).collect::<Vec<_>>().leak();
        let whole = Plain::All(plain);
        // Half of it as a group's, which must make no difference.
        let (group, own) = requirements.split_at(requirements.len() / 2);
        let rules = Rules { group, own: Policy::all(own) };
        policies += 1;
        at_once += usize::from(rules.own.refuses_strangers);
        for world in World::all() {
            let expected = whole.holds(world) == Some(true);
            assert_eq!(decide(rules, world), expected, "{rules} of {world:?}");
            decisions += 1;
            allowed += usize::from(expected);
        }
        // Each is held against every other combination, which takes long.
        if policies % 8 != 0 {
            continue;
        }
        let Some(alternatives) = rules.alternatives() else { continue };
        for world in World::all() {
            let expected = somebody_may(&whole, world);
            assert_eq!(document_says(&alternatives, world), expected, "{rules}, {alternatives:?}, shown {world:?}");
        }
    }
    assert_eq!(decisions, 2_000 * 256);
    assert!((200..1_800).contains(&at_once), "{at_once} of the policies refuse strangers at once");
    // Neither are they all refused, nor all let in.
    assert!((decisions / 10..decisions * 9 / 10).contains(&allowed), "{allowed} of {decisions}");
}

/// What is undecided refuses: an absent caller is no reason to let anybody in.
#[test]
fn the_contrary_of_what_is_said_of_nobody_lets_nobody_in() {
    let nobody = World {
        token: false,
        a: false,
        b: false,
        disabled: false,
        role: false,
        key: false,
        about_request: true,
        about_user: true,
    };
    for plain in [Plain::ScopeA, Plain::BothScopes, Plain::ActiveUser, Plain::Role, Plain::AboutUser] {
        let inner: &'static Requirement = Box::leak(Box::new(plain.requirement()));
        let requirements: &'static [Requirement] = vec![Requirement::Not(inner)].leak();
        assert!(!decide(Rules::of(Policy::all(requirements)), nobody), "!{plain:?}");
    }
    let disabled = World { token: true, disabled: true, ..nobody };
    for plain in [Plain::Role, Plain::AboutUser] {
        let inner: &'static Requirement = Box::leak(Box::new(plain.requirement()));
        let requirements: &'static [Requirement] = vec![Requirement::Not(inner)].leak();
        assert!(!decide(Rules::of(Policy::all(requirements)), disabled), "!{plain:?}");
    }
}

/// A predicate that found nothing to be about lets nobody in, and its contrary does not either.
#[test]
fn a_predicate_about_nothing_is_undecided() {
    const ASKED: Requirement = Requirement::Predicate(About::Request, &ABOUT_REQUEST);
    let facts = Facts { token: None, user: None, schemes: &[] };
    for rules in [Rules::of(Policy::all(&[ASKED])), Rules::of(Policy::all(&[Requirement::Not(&ASKED)]))] {
        assert!(matches!(rules.decide(&facts, &[Some(None)]), Decision::Refused(_)), "{rules}");
    }
}

fn parts() -> Parts {
    Request::new(()).into_parts().0
}

#[tokio::test]
async fn a_predicate_is_not_asked_where_nothing_depends_on_it() {
    // It would panic.
    let rules = Rules::of(Policy::all(&[Requirement::Predicate(About::Request, &ABOUT_REQUEST), Requirement::Token]));
    let facts = Facts { token: None, user: None, schemes: &[] };
    let parts = parts();
    let caller = Caller { parts: &parts, token: None, user: None };
    assert_eq!(crate::guard::decide(rules, facts, caller).await, Err(Refusal::NoCredentials));
}

#[test]
fn reads_as_words() {
    const BOTH: Policy = Policy::all(&[Requirement::ActiveUser, Requirement::Scopes(&[&Scopes::A, &Scopes::B])]);
    assert_eq!(BOTH.to_string(), "active user and scopes a, b");
    assert_eq!(Policy::all(&[]).to_string(), "token");
    assert_eq!((Policy::PUBLIC.to_string().as_str(), Policy::PUBLIC.is_public()), ("public", true));
    assert!(!BOTH.is_public() && Rules::of(Policy::PUBLIC).is_public());
    let either = any(&[SCOPE, ROLE]);
    for (requirements, expected) in [
        (&[either][..], "scope a or role editor"),
        (&[either, TOKEN], "(scope a or role editor) and token"),
        (&[all(&[SCOPE, ROLE]), TOKEN], "scope a and role editor and token"),
        (&[not(any(&[SCOPE])), not(either)], "not scope a and not (scope a or role editor)"),
        (&[any(&[all(&[SCOPE, either]), TOKEN])], "(scope a and (scope a or role editor)) or token"),
    ] {
        assert_eq!(rules(requirements).to_string(), expected);
    }
    assert_eq!(format!("{either} {:?}", &ABOUT_USER as &dyn Predicate), "scope a or role editor user");
    const MIXED: Policy = Policy::all(&[
        Requirement::Any(&[
            Requirement::All(&[Requirement::ActiveUser, Requirement::Not(&Requirement::Role(&Roles::Editor))]),
            Requirement::Scheme(scheme_of::<Key>(), &[&Scopes::A]),
        ]),
        Requirement::Not(&Requirement::Any(&[Requirement::Granted(&Scopes::A), Requirement::Granted(&Scopes::B)])),
    ]);
    assert_eq!(MIXED.to_string(), "((active user and not role editor) or any Key with a) and not (scope a or scope b)");
}

const ABOUT_TOKEN: Asked = Asked("token");

const TOKEN: Requirement = Requirement::Token;
const USER: Requirement = Requirement::User;
const ACTIVE_USER: Requirement = Requirement::ActiveUser;
const SCOPE: Requirement = Requirement::Scopes(&[&Scopes::A]);
const GRANTED_SCOPE: Requirement = Requirement::Granted(&Scopes::B);
const ROLE: Requirement = Requirement::Role(&Roles::Editor);
const GRANTED_ROLE: Requirement = Requirement::Granted(&Roles::Editor);
const OF_REQUEST: Requirement = Requirement::Predicate(About::Request, &ABOUT_REQUEST);
const OF_TOKEN: Requirement = Requirement::Predicate(About::Token, &ABOUT_TOKEN);
const OF_USER: Requirement = Requirement::Predicate(About::User, &ABOUT_USER);
const KEY: Requirement = Requirement::Scheme(scheme_of::<Key>(), &[]);
const KEY_WITH_A: Requirement = Requirement::Scheme(scheme_of::<Key>(), &[&Scopes::A]);
const OTHER: Requirement = Requirement::Scheme(scheme_of::<Other>(), &[]);

/// Policies with names: each is a type of its own.
struct Outer<const N: u8>;

const fn name(name: &'static str) -> TypeName {
    TypeName { module: "policies", name }
}

const fn named<const N: u8>(text: &'static str, requirement: Requirement) -> Named {
    Named::new::<Outer<N>>(name(text), requirement)
}

fn rules(requirements: &[Requirement]) -> Rules<'static> {
    Rules::of(Policy::all(requirements.to_vec().leak()))
}

fn not(requirement: Requirement) -> Requirement {
    Requirement::Not(Box::leak(Box::new(requirement)))
}

fn any(requirements: &[Requirement]) -> Requirement {
    Requirement::Any(requirements.to_vec().leak())
}

fn all(requirements: &[Requirement]) -> Requirement {
    Requirement::All(requirements.to_vec().leak())
}

fn by_name(text: &'static str, requirement: Requirement) -> Requirement {
    Requirement::Named(Box::leak(Box::new(named::<0>(text, requirement))))
}

#[test]
fn a_policy_implies_a_token_where_nobody_passes_without_one() {
    assert!(!Policy::PUBLIC.implies_token() && Policy::all(&[]).implies_token());
    for (requirement, expected) in [
        (TOKEN, true),
        (USER, true),
        (ACTIVE_USER, true),
        (SCOPE, true),
        (ROLE, true),
        (GRANTED_ROLE, true),
        (OF_TOKEN, true),
        (OF_USER, true),
        (OF_REQUEST, false),
        (KEY, false),
        (not(TOKEN), false),
        (not(USER), false),
        (not(not(TOKEN)), true),
        (not(SCOPE), true),
        (not(ACTIVE_USER), true),
        (not(OF_USER), true),
        (not(OF_REQUEST), false),
        (not(KEY), false),
        (any(&[]), false),
        (any(&[TOKEN, KEY]), false),
        (any(&[KEY, TOKEN]), false),
        (any(&[TOKEN, SCOPE]), true),
        (all(&[]), false),
        (all(&[KEY, TOKEN]), true),
        (all(&[KEY, OF_REQUEST]), false),
        (not(all(&[KEY, SCOPE])), false),
        (not(all(&[ROLE, SCOPE])), true),
        (not(any(&[KEY, SCOPE])), true),
        (not(any(&[KEY, OF_REQUEST])), false),
        (not(any(&[not(TOKEN), KEY])), true),
        (by_name("Members", TOKEN), true),
        (by_name("Members", KEY), false),
        (not(by_name("Trial", SCOPE)), true),
        (not(by_name("Members", TOKEN)), false),
    ] {
        assert_eq!(rules(&[requirement]).own.implies_token(), expected, "{requirement}");
        assert!(rules(&[requirement, TOKEN]).own.implies_token(), "{requirement} and token");
    }
}

#[test]
fn a_policy_implies_a_credential_where_nobody_passes_without_it() {
    let key = scheme_of::<Key>().type_name;
    for (requirement, expected) in [
        (KEY, true),
        (KEY_WITH_A, true),
        (OTHER, false),
        (TOKEN, false),
        (SCOPE, false),
        (OF_REQUEST, false),
        (not(KEY), false),
        (not(OTHER), false),
        (not(not(KEY)), true),
        (any(&[KEY, KEY_WITH_A]), true),
        (any(&[KEY, OTHER]), false),
        (any(&[KEY, TOKEN]), false),
        (all(&[KEY, TOKEN]), true),
        (not(all(&[not(KEY), not(KEY_WITH_A)])), true),
        (not(any(&[not(KEY), TOKEN])), true),
        (by_name("Devices", KEY), true),
        (by_name("Devices", OTHER), false),
    ] {
        assert_eq!(rules(&[requirement]).own.implies_scheme(key), expected, "{requirement}");
    }
    for (module, name) in [("elsewhere", "Key"), (key.module, "Kez"), (key.module, "Keys"), (key.module, "Ke")] {
        assert!(!rules(&[KEY]).own.implies_scheme(TypeName { module, name }), "{module}::{name}");
    }
}

#[test]
fn a_policy_implies_a_named_one_where_nobody_passes_without_it() {
    let members = by_name("Members", TOKEN);
    for (requirement, expected) in [
        (members, true),
        (by_name("Other", TOKEN), false),
        (by_name("Other", members), true),
        (by_name("Other", not(members)), false),
        (TOKEN, false),
        (KEY, false),
        (not(members), false),
        (not(not(members)), true),
        (not(by_name("Other", not(members))), true),
        (any(&[members, by_name("Other", members)]), true),
        (any(&[members, TOKEN]), false),
        (all(&[TOKEN, members]), true),
    ] {
        assert_eq!(rules(&[requirement]).own.implies_named(name("Members")), expected, "{requirement}");
    }
}

#[test]
fn nothing_is_looked_up_that_no_part_is_about() {
    for (requirement, token, user) in [
        (TOKEN, true, false),
        (USER, true, true),
        (ACTIVE_USER, true, true),
        (SCOPE, true, false),
        (GRANTED_SCOPE, true, false),
        (ROLE, true, true),
        (GRANTED_ROLE, true, true),
        (OF_REQUEST, false, false),
        (OF_TOKEN, true, false),
        (OF_USER, true, true),
        (KEY_WITH_A, false, false),
        (not(TOKEN), true, false),
        (not(KEY), false, false),
        (all(&[KEY, OF_REQUEST]), false, false),
        (all(&[KEY, USER]), true, true),
        (any(&[KEY, TOKEN]), true, false),
        (by_name("Members", USER), true, true),
        (by_name("Devices", KEY), false, false),
    ] {
        let rules = rules(&[requirement]);
        assert_eq!((rules.needs_token(), rules.needs_user()), (token, user), "{requirement}");
    }
}

#[test]
fn a_credential_is_asked_for_where_it_can_be_of_use() {
    for (requirement, token, key) in [
        (TOKEN, true, false),
        (SCOPE, true, false),
        (OF_REQUEST, false, false),
        (KEY, false, true),
        (OTHER, false, false),
        (not(TOKEN), false, false),
        (not(USER), false, false),
        (not(not(TOKEN)), true, false),
        (not(SCOPE), true, false),
        (not(ACTIVE_USER), true, false),
        (not(KEY), false, false),
        (not(not(KEY)), false, true),
        (not(any(&[TOKEN, KEY])), false, false),
        (any(&[not(KEY), KEY]), false, true),
        (any(&[TOKEN, KEY]), true, true),
        (by_name("Strangers", not(TOKEN)), false, false),
        (not(by_name("Strangers", not(TOKEN))), true, false),
    ] {
        let rules = rules(&[requirement]);
        let asked = (rules.asks_for_token(), rules.asks_for_scheme(scheme_of::<Key>()));
        assert_eq!(asked, (token, key), "{requirement}");
    }
}

#[test]
fn the_scopes_asked_for_are_those_of_the_token_each_once() {
    for (requirements, expected) in [
        (&[GRANTED_SCOPE, Requirement::Scopes(&[&Scopes::A, &Scopes::B])][..], "b a"),
        (&[any(&[SCOPE, KEY]), by_name("Members", GRANTED_SCOPE)], "a b"),
        (&[not(SCOPE), not(not(GRANTED_SCOPE))], "b"),
        (&[KEY_WITH_A, ROLE, GRANTED_ROLE, TOKEN], ""),
    ] {
        let rules = rules(requirements);
        assert_eq!(rules.scope_string(), expected, "{rules}");
    }
}

#[test]
fn every_scheme_in_a_policy_is_read_once() {
    let mixed = rules(&[any(&[not(OTHER), KEY_WITH_A]), TOKEN, by_name("Devices", KEY)]);
    assert_eq!(mixed.schemes().into_iter().map(Scheme::name).collect::<Vec<_>>(), ["Other", "Key"]);
}

#[test]
fn a_scheme_and_a_name_are_found_wherever_they_stand() {
    const NAME: Named = named::<1>("Name", Requirement::Token);
    const NAMED: Requirement = Requirement::Named(&NAME);
    for (found, wrapped) in [
        (KEY, KEY),
        (KEY, all(&[TOKEN, KEY])),
        (KEY, any(&[TOKEN, KEY])),
        (KEY, not(KEY)),
        (KEY, by_name("Devices", KEY)),
        (NAMED, NAMED),
        (NAMED, all(&[TOKEN, NAMED])),
        (NAMED, any(&[TOKEN, NAMED])),
        (NAMED, not(NAMED)),
        (NAMED, by_name("Outer", NAMED)),
    ] {
        let count = |rules: Rules<'_>| match found {
            Requirement::Named(_) => rules.named().iter().filter(|named| named.name == NAME.name).count(),
            _ => rules.schemes().len(),
        };
        let own = rules(&[TOKEN, wrapped]);
        assert_eq!(count(own), 1, "{own}");
        let group = [wrapped];
        let of_group = Rules { group: &group, own: rules(&[TOKEN]).own };
        assert_eq!(count(of_group), 1, "{of_group}");
    }
    let none = rules(&[TOKEN, any(&[SCOPE, not(ROLE)])]);
    assert!(none.schemes().is_empty() && none.named().is_empty() && none.held().is_empty());
}

#[test]
fn the_policies_that_hold_are_those_without_which_nobody_passes() {
    const INNER: Named = named::<1>("Inner", Requirement::Token);
    const OUTER: Named = named::<2>("Outer", Requirement::All(&[Requirement::Named(&INNER)]));
    const DOUBTFUL: Named = named::<3>("Doubtful", Requirement::Token);
    const DENIED: Named = named::<4>("Denied", Requirement::Any(&[Requirement::Named(&INNER)]));
    let [outer, doubtful, denied] = [&OUTER, &DOUBTFUL, &DENIED].map(Requirement::Named);
    let mixed = rules(&[all(&[TOKEN, outer]), any(&[doubtful, TOKEN]), not(denied)]);
    assert_eq!(mixed.held(), [(OUTER.id)(), (INNER.id)()]);
    let names: Vec<&str> = mixed.named().into_iter().map(|named| named.name.name).collect();
    assert_eq!(names, ["Outer", "Inner", "Doubtful", "Denied", "Inner"]);
}

#[test]
fn roles_and_predicates_refuse_whom_they_do_not_want() {
    for (requirement, of_active_user, forbidding) in [
        (TOKEN, false, false),
        (USER, false, false),
        (ACTIVE_USER, true, false),
        (SCOPE, false, false),
        (GRANTED_SCOPE, false, false),
        (ROLE, true, true),
        (GRANTED_ROLE, true, true),
        (OF_REQUEST, false, true),
        (OF_TOKEN, false, true),
        (OF_USER, true, true),
        (KEY, false, false),
    ] {
        let found = (requirement.is_about_active_user(), requirement.is_forbidding());
        assert_eq!(found, (of_active_user, forbidding), "{requirement}");
    }
}

/// Why this caller, who has a token if anything, is refused.
fn refusal(requirements: &[Requirement], user: Option<&dyn KnownUser>) -> Refusal {
    let claims = AccessClaims::new("somebody");
    let facts = Facts { token: user.map(|_| &claims), user, schemes: &[] };
    match rules(requirements).decide(&facts, &[]) {
        Decision::Refused(lacks) => lacks.into(),
        _ => panic!("not refused: {requirements:?}"),
    }
}

/// Of two reasons, a caller is told the first that counts where both are asked for, and the last where one would do.
#[test]
fn the_reason_that_is_told_does_not_depend_on_the_order() {
    use Refusal::{Forbidden, Inactive, InsufficientScope, NoCredentials};
    let [active, disabled] = [false, true].map(|disabled| Member { name: String::new(), disabled, role: None });
    let no_token = not(TOKEN);
    for (user, one, other, earlier, later) in [
        (&active, KEY, SCOPE, NoCredentials, InsufficientScope),
        (&active, SCOPE, ROLE, InsufficientScope, Forbidden),
        (&active, KEY, ROLE, NoCredentials, Forbidden),
        (&active, SCOPE, no_token, InsufficientScope, Forbidden),
        (&disabled, KEY, ACTIVE_USER, NoCredentials, Inactive),
        (&disabled, SCOPE, ACTIVE_USER, InsufficientScope, Inactive),
        (&disabled, ACTIVE_USER, no_token, Inactive, Forbidden),
        (&disabled, SCOPE, ROLE, InsufficientScope, Inactive),
        (&disabled, ROLE, no_token, Inactive, Forbidden),
    ] {
        for pair in [[one, other], [other, one]] {
            assert_eq!(refusal(&pair, Some(user)), earlier, "{pair:?}");
            assert_eq!(refusal(&[all(&pair)], Some(user)), earlier, "all of {pair:?}");
            assert_eq!(refusal(&[any(&pair)], Some(user)), later, "any of {pair:?}");
        }
    }
    for requirement in [TOKEN, ACTIVE_USER, SCOPE, ROLE, KEY, any(&[TOKEN, KEY]), not(SCOPE)] {
        assert_eq!(refusal(&[requirement], None), NoCredentials, "{requirement}");
    }
}

#[test]
fn a_predicate_about_a_token_is_asked_where_there_is_one() {
    let claims = AccessClaims::new("somebody");
    let decide = |requirement, token| {
        let facts = Facts { token, user: None, schemes: &[] };
        rules(&[requirement]).decide(&facts, &[])
    };
    for requirement in [OF_TOKEN, not(OF_TOKEN)] {
        assert!(matches!(decide(requirement, Some(&claims)), Decision::Ask(0, _)), "{requirement}");
        assert_eq!(refusal(&[requirement], None), Refusal::NoCredentials, "{requirement}");
    }
    assert!(matches!(decide(OF_REQUEST, None), Decision::Ask(0, _)));
}

#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
enum Wide {
    #[scope("items:write", implies(Read))]
    Write,
    #[scope("items:read")]
    Read,
}

#[test]
fn a_scope_stands_for_those_that_it_implies() {
    let may = |held: &[&str], requirement| {
        let claims = AccessClaims::new("somebody").scopes(held.iter().copied());
        let facts = Facts { token: Some(&claims), user: None, schemes: &[] };
        matches!(rules(&[requirement]).decide(&facts, &[]), Decision::Allowed)
    };
    let (read, write) = (Requirement::Granted(&Wide::Read), Requirement::Scopes(&[&Wide::Write]));
    for (held, reads, writes) in [
        (&["items:read"][..], true, false),
        (&["items:write"], true, true),
        (&["other", "items:write"], true, true),
        (&["other"], false, false),
        (&[], false, false),
    ] {
        assert_eq!((may(held, read), may(held, write)), (reads, writes), "{held:?}");
    }
}

#[derive(crate::AuthUser, Clone)]
#[auth(no_password)]
struct Member {
    #[auth(username)]
    name: String,
    #[auth(disabled)]
    disabled: bool,
    #[auth(roles)]
    role: Option<Roles>,
}

#[test]
fn a_user_is_known_as_the_type_says() {
    let known = |disabled, role| -> Box<dyn KnownUser> { Box::new(Member { name: "a".to_owned(), disabled, role }) };
    assert!(known(true, None).is_disabled() && !known(false, None).is_disabled());
    assert!(known(false, Some(Roles::Editor)).has_role(&Roles::Editor));
    assert!(!known(false, None).has_role(&Roles::Editor));
    assert_eq!(known(false, None).as_any().downcast_ref::<Member>().unwrap().name, "a");
}

#[test]
fn a_document_lists_64_alternatives_and_no_more() {
    for (requirements, expected) in [
        (&[any(&[KEY; 64])][..], true),
        (&[any(&[KEY; 65])], false),
        (&[any(&[KEY; 8]), any(&[OTHER; 8])], true),
        (&[any(&[KEY; 5]), any(&[OTHER; 13])], false),
        (&[not(all(&[not(KEY); 64]))], true),
        (&[not(all(&[not(KEY); 65]))], false),
        (&[all(&[any(&[KEY; 8]), any(&[OTHER; 8])])], true),
        (&[all(&[any(&[KEY; 5]), any(&[OTHER; 13])])], false),
    ] {
        let rules = rules(requirements);
        assert_eq!(rules.alternatives().is_some(), expected, "{rules}");
    }
}

/// What one alternative asks for beside another, the other need not be listed for.
#[test]
fn of_two_alternatives_the_one_that_asks_for_more_is_left_out() {
    let other_with = |scopes: &'static [&'static dyn Scope]| Requirement::Scheme(scheme_of::<Other>(), scopes);
    let text = |requirements: &[Requirement]| {
        let each = rules(requirements).alternatives().unwrap();
        let words = |one: &Alternative| {
            let mut words: Vec<String> = one.token.iter().map(|scopes| format!("token{scopes:?}")).collect();
            words.extend(one.schemes.iter().map(|(scheme, scopes)| format!("{}{scopes:?}", scheme.name())));
            words.join(" ")
        };
        each.iter().map(words).collect::<Vec<_>>()
    };
    let both = other_with(&[&Scopes::A, &Scopes::B]);
    assert_eq!(text(&[any(&[KEY, KEY_WITH_A])]), ["Key[]"]);
    assert_eq!(text(&[any(&[KEY_WITH_A, KEY])]), ["Key[]"]);
    assert_eq!(text(&[any(&[KEY_WITH_A, other_with(&[&Scopes::A])])]), [r#"Key["a"]"#, r#"Other["a"]"#]);
    assert_eq!(text(&[any(&[other_with(&[&Scopes::A]), other_with(&[&Scopes::B])])]).len(), 2);
    assert_eq!(text(&[any(&[both, other_with(&[&Scopes::B])])]), [r#"Other["b"]"#]);
    assert_eq!(text(&[any(&[SCOPE, TOKEN, KEY])]), ["token[]", "Key[]"]);
    assert_eq!(text(&[any(&[SCOPE, GRANTED_SCOPE])]), [r#"token["a"]"#, r#"token["b"]"#]);
    assert_eq!(text(&[both, KEY, KEY_WITH_A, TOKEN]), [r#"token[] Other["a", "b"] Key["a"]"#]);
    // What contradicts itself is none.
    assert_eq!(text(&[any(&[KEY, OTHER]), not(KEY)]), ["Other[]"]);
    assert_eq!(text(&[any(&[both, KEY]), not(other_with(&[&Scopes::B]))]), ["Key[]"]);
    assert_eq!(text(&[any(&[SCOPE, KEY]), not(SCOPE)]), ["token[] Key[]"]);
    let open = rules(&[any(&[OF_REQUEST, KEY])]).alternatives().unwrap();
    assert!(open.len() == 1 && open[0].is_open());
    for closed in [KEY, TOKEN] {
        assert!(!rules(&[closed]).alternatives().unwrap()[0].is_open(), "{closed}");
    }
}
