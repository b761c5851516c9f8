-- What every session of this database works with. Here and not where it connects, since RDS Proxy takes no options.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET timezone TO %L', current_database(), 'Asia/Seoul');
    EXECUTE format('ALTER DATABASE %I SET statement_timeout TO %L', current_database(), '20s');
END
$$;
