// SPDX-License-Identifier: MIT
// The site's own script: the shade of the page, and the search over prose and symbols. It needs no network.
'use strict';
(() => {
    const root = document.documentElement;
    const base = document.currentScript.src.replace(/[^/]*$/, '');
    const remembered = () => { try { return localStorage.getItem('twain-shade'); } catch { return null; } };
    const setShade = (shade) => {
        root.classList.toggle('dark-mode', shade === 'dark');
        root.classList.toggle('light-mode', shade === 'light');
    };
    setShade(remembered());

    const isDark = () => root.classList.contains('dark-mode') ||
        (!root.classList.contains('light-mode') && matchMedia('(prefers-color-scheme: dark)').matches);

    // ---- Search ------------------------------------------------------------------------------------------------------
    let loading = null;
    const data = () => loading ??= new Promise((resolve, reject) => {
        const script = document.createElement('script');
        script.src = base + 'search-data.js';
        script.onload = () => resolve(window.twainSearch);
        script.onerror = reject;
        document.head.append(script);
    });

    const escape = (text) => text.replace(/[&<>"]/g, (c) => ({'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'})[c]);

    // Where the words stand in the text, with some words around them.
    const excerpt = (text, words) => {
        const at = Math.max(0, Math.min(...words.map((w) => text.toLowerCase().indexOf(w)).filter((n) => n >= 0), text.length) - 50);
        let piece = escape((at > 0 ? '…' : '') + text.slice(at, at + 170) + (at + 170 < text.length ? '…' : ''));
        for (const word of words) piece = piece.replace(new RegExp(word.replace(/[^\w]/g, '\\$&'), 'gi'), '<mark>$&</mark>');
        return piece;
    };

    // Every word must be somewhere in the passage; headings count more than text, whole words more than parts.
    const score = (heading, text, words) => {
        let sum = 0;
        for (const word of words) {
            const inHeading = heading.includes(word), inText = text.includes(word);
            if (!inHeading && !inText) return 0;
            const whole = new RegExp('(^|[^a-z0-9_])' + word.replace(/[^\w]/g, '\\$&') + '($|[^a-z0-9_])');
            sum += (inHeading ? 8 : 0) + (whole.test(text) ? 3 : inText ? 1 : 0) + Math.min(3, text.split(word).length - 1) * 0.3;
        }
        return sum;
    };

    const find = async (query) => {
        const words = query.toLowerCase().split(/\s+/).filter((word) => word.length > 1);
        if (words.length === 0) return [];
        const {passages, symbols} = await data();
        const found = [];
        for (const [url, chapter, heading, text] of passages) {
            const points = score(heading.toLowerCase(), text.toLowerCase(), words);
            if (points > 0) found.push({points, url, title: heading, where: chapter === heading ? '' : chapter, text: excerpt(text, words)});
        }
        const name = query.trim().toLowerCase();
        for (const [symbol, url, path] of symbols) {
            const lower = symbol.toLowerCase(), last = lower.split('::').pop();
            if (!lower.includes(name)) continue;
            const points = last === name || lower === name ? 20 : last.startsWith(name) ? 6 : 2;
            found.push({points, url, title: symbol, where: path, text: '', code: true});
        }
        return found.sort((a, b) => b.points - a.points).slice(0, 30);
    };
    window.twainFind = find;

    const show = (box, results, query) => {
        box.hidden = query.trim().length < 2;
        box.innerHTML = results.length === 0 ? '<p>Nothing is found.</p>' : results.map((r) =>
            `<a href="${base}${r.url}"><b>${r.code ? `<code>${escape(r.title)}</code>` : escape(r.title)}</b>` +
            `<small>${escape(r.where)}</small>${r.text ? `<span>${r.text}</span>` : ''}</a>`).join('');
    };

    document.addEventListener('DOMContentLoaded', () => {
        document.querySelector('.shade').addEventListener('click', () => {
            const shade = isDark() ? 'light' : 'dark';
            setShade(shade);
            try { localStorage.setItem('twain-shade', shade); } catch { /* a page from a file may not remember */ }
        });

        const form = document.querySelector('form.search'), input = form.querySelector('input'), box = form.querySelector('.found');
        let last = '';
        const search = async () => {
            const query = last = input.value;
            const results = await find(query);
            if (query === last) show(box, results, query);
        };
        input.addEventListener('input', search);
        input.addEventListener('focus', data);
        form.addEventListener('submit', (event) => {
            event.preventDefault();
            const first = box.querySelector('a');
            if (first) location.href = first.href;
        });
        document.addEventListener('click', (event) => { if (!form.contains(event.target)) box.hidden = true; });
        document.addEventListener('keydown', (event) => {
            const typing = /^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName);
            if (event.key === '/' && !typing) { event.preventDefault(); input.focus(); }
            if (event.key === 'Escape') { box.hidden = true; input.blur(); }
            const step = event.key === 'ArrowLeft' ? 'prev' : event.key === 'ArrowRight' ? 'next' : '';
            const link = step && !typing && !event.altKey && !event.ctrlKey && !event.metaKey && document.querySelector(`.steps a[rel=${step}]`);
            if (link) location.href = link.href;
        });
        const asked = new URLSearchParams(location.search).get('find');
        if (asked) { input.value = asked; search(); }

        // The contents stand open where there is room for them beside the text.
        const sidebar = document.querySelector('details.sidebar');
        if (sidebar) {
            const wide = matchMedia('(min-width: 1180px)');
            const fit = () => { sidebar.open = wide.matches; };
            wide.addEventListener('change', fit);
            fit();
            sidebar.querySelector('.here')?.scrollIntoView({block: 'center'});
            scrollTo({top: location.hash ? scrollY : 0});
        }
    });
})();
