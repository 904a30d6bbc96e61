mod desk {
    #[get("/desk")]
    #[::auth_runtime::group(__member, Role::Editor)]
    async fn desk() {}
    fn helper() {}
    mod within {
        #[::auth_runtime::group(__member, Role::Editor)]
        async fn helper() {}
    }
}
