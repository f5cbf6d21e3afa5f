mod a_visitor_sees_private_rows;
mod an_optional_token;
mod tenant_id_from_the_path;
