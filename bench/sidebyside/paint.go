package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/chromedp/chromedp"
)

// measurePaint returns how long a browser without a cache or a profile takes to the first paint of the app's home page, once per
// round; nothing where there is no Chromium.
func (b *bench) measurePaint(ctx context.Context, keystead server) (paints []time.Duration, err error) {
	browser := os.Getenv("CHROMIUM_PATH")
	for _, name := range []string{"chromium", "google-chrome", "chrome"} {
		if browser == "" {
			browser, _ = exec.LookPath(name)
		}
	}
	if browser == "" {
		return nil, nil
	}
	fmt.Fprintln(b.progress, "first paint")
	keystead.env = append(keystead.env, "KEYSTEAD_LOGIN_MODE=public") // otherwise the page leaves for the login
	app, err := keystead.start(ctx, b.realm, b.dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, app.Stop()) }()
	for range b.rounds {
		paint, err := firstPaint(ctx, browser, app.base)
		if err != nil {
			return nil, fmt.Errorf("measuring the first paint: %w", err)
		}
		paints = append(paints, paint)
	}
	return paints, nil
}

func firstPaint(ctx context.Context, browser, address string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox is not for root
	}
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		return 0, err
	}
	milliseconds, err := chromedp.Run(ctx, chromedp.Poll[float64](`performance.getEntriesByName("first-contentful-paint")[0]?.startTime`))
	return time.Duration(milliseconds * float64(time.Millisecond)), err
}
