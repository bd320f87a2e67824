package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"keystead/bench/process"
)

const nginxConfig = `%s
worker_processes auto;
daemon off;
pid %[2]s/nginx.pid;
error_log %[2]s/nginx-errors;
events { worker_connections 1024; }
http {
  access_log %[2]s/nginx-access;
  client_body_temp_path %[2]s/nginx-body;
  proxy_temp_path %[2]s/nginx-proxy;
  fastcgi_temp_path %[2]s/nginx-fastcgi;
  uwsgi_temp_path %[2]s/nginx-uwsgi;
  scgi_temp_path %[2]s/nginx-scgi;
  types { text/html html; text/javascript js; text/css css; image/svg+xml svg; }
  sendfile on;
  tcp_nopush on;
  gzip_static on;
  server {
    listen %[3]s;
    root %[4]s;
    location = /health { return 200; }
  }
}
`

// startNginx starts nginx on the folder of the built app, or returns nil where there is none.
func (b *bench) startNginx(ctx context.Context, folder string) (*running, error) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		if nginx, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			return nil, nil
		}
	}
	ports, err := process.FreePorts(1)
	if err != nil {
		return nil, err
	}
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;" // its workers could not read the folder otherwise
	}
	addr, config := "127.0.0.1:"+ports[0], filepath.Join(b.dir, "nginx.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, nginxConfig, user, b.dir, addr, folder), 0o600); err != nil {
		return nil, err
	}
	output, err := os.Create(filepath.Join(b.dir, "nginx-output"))
	if err != nil {
		return nil, err
	}
	defer output.Close()
	p, err := process.StartWith(ctx, startPatience, "http://"+addr+"/health", nil, output, nginx, "-c", config)
	if err != nil {
		text, _ := os.ReadFile(output.Name())
		return nil, fmt.Errorf("starting nginx: %w\n%s", err, text)
	}
	return &running{server{name: "nginx"}, p, "http://" + addr}, nil
}

// measureStatic returns what Keystead and nginx do with the compressed files of the built app, in turn and by gzip, in
// rounds that alternate. Without nginx there are no samples of it.
func (b *bench) measureStatic(ctx context.Context, keystead server) (ours, theirs []sample, err error) {
	fmt.Fprintln(b.progress, "static files")
	folder, err := filepath.Abs(filepath.Join(b.root, "web", "dist"))
	if err != nil {
		return nil, nil, err
	}
	files := workload{name: "files of the app", status: 200, requests: nil}
	err = filepath.WalkDir(filepath.Join(folder, "assets"), func(path string, entry fs.DirEntry, err error) error {
		if name, gzipped := strings.CutSuffix(path, ".gz"); err == nil && gzipped {
			files.requests = append(files.requests, request{filepath.ToSlash(strings.TrimPrefix(name, folder)), "Accept-Encoding", "gzip"})
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if err := files.write(filepath.Join(b.dir, "requests-static")); err != nil {
		return nil, nil, err
	}
	nginx, err := b.startNginx(ctx, folder)
	if err != nil || nginx == nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, nginx.Stop()) }()
	product, err := keystead.start(ctx, b.realm, b.dir)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, product.Stop()) }()
	for range b.rounds {
		mine, err := b.measure(ctx, product, files)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", product.name, err)
		}
		other, err := b.measure(ctx, nginx, files)
		if err != nil {
			return nil, nil, fmt.Errorf("nginx: %w", err)
		}
		ours, theirs = append(ours, mine), append(theirs, other)
	}
	return ours, theirs, nil
}
