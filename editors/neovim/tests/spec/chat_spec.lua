local editors = require('support.editor')

describe('the chat', function()
  local editor

  before_each(function()
    editor = editors.start()
  end)

  after_each(editors.stop_all)

  it('shows a message and its answer, as they come', function()
    editor:cmd('Claude Hello')
    editor:sees('## You said “Hello”')
    editor:idle()
    local lines = editor:lines()
    assert.same({ '# You', '', 'Hello', '', '# Claude', '', '## You said “Hello”' }, vim.list_slice(lines, 1, 7))
    assert.equal('', lines[#lines])
    assert.equal('markdown', editor:lua('return vim.bo[test.chat().buf].filetype'))
  end)

  it('is highlighted, code in its own language too', function()
    editor:say('Hello fast')
    local at = editor:lua([[
      local buf = test.chat().buf
      local row = vim.iter(vim.api.nvim_buf_get_lines(buf, 0, -1, false)):enumerate():find(function(_, line)
        return line:find('```python', 1, true)
      end)
      vim.treesitter.get_parser(buf):parse(true)
      return vim.tbl_map(function(tree) return tree:lang() end, vim.treesitter.get_parser(buf):children())
    ]])
    assert.equal('markdown_inline', at.markdown_inline)
    assert.is_true(editor:lua('return vim.treesitter.highlighter.active[test.chat().buf] ~= nil'))
  end)

  it('is highlighted without holding up the editor for as long as Neovim would', function()
    local took = editor:lua([[
      local function used()
        local usage = vim.uv.getrusage()
        return (usage.utime.sec + usage.stime.sec) * 1e3 + (usage.utime.usec + usage.stime.usec) / 1e3
      end
      local function timed(start)
        local buf = vim.api.nvim_create_buf(false, true)
        local began = used()
        start(buf)
        return used() - began
      end
      return {
        neovims = timed(function(buf) vim.treesitter.start(buf, 'markdown') end),
        ours = timed(require('claude-bridge.chat.colours').start),
      }
    ]])
    assert.is_true(took.ours < took.neovims / 1.5, vim.inspect(took))
    editor:say('Hello fast')
    assert.same({}, editor:lua("return vim.fn.getscriptinfo({ name = 'syntax/markdown.vim' })"))
  end)

  it('colours the parts of a link as Neovim does', function()
    local colours = editor:lua([[
      local buf = vim.api.nvim_create_buf(false, true)
      vim.api.nvim_buf_set_lines(buf, 0, -1, false, { '[a]: https://example.com' })
      require('claude-bridge.chat.colours').start(buf)
      vim.treesitter.get_parser(buf):parse(true)
      return vim.tbl_map(function(at)
        return vim.tbl_map(function(found) return found.capture end, vim.treesitter.get_captures_at_pos(buf, 0, at))
      end, { 1, 3, 6 })
    ]])
    assert.is_true(vim.list_contains(colours[1], 'markup.link.label'))
    assert.same({ 'punctuation.delimiter' }, colours[2])
    assert.is_true(vim.list_contains(colours[3], 'markup.link.url'))
  end)

  it('folds tool calls and thoughts, with all that is in them', function()
    editor:say('think, then read a.md fast')
    local folds = editor:lua('return test.closed_folds()')
    assert.equal('*Thinking*', folds[1][1])
    assert.equal('`Read a.md`', folds[2][1])
    assert.is_true(folds[2][2] >= 8, 'the result is in the fold')
    assert.is_not_nil(editor:text():find('> The person says', 1, true))
    assert.is_not_nil(editor:text():find('4\t- Read the README', 1, true))
    assert.is_not_nil(editor:lua('return test.virtual_text(test.chat().buf)'):find('✔', 1, true))
  end)

  it('has the same folds in a window that comes later', function()
    editor:say('tool fast')
    local before = editor:lua('return test.closed_folds()')
    editor:cmd('tabnew')
    editor:lua("require('claude-bridge.chat.window').open(test.chat())")
    assert.same(before, editor:lua('return test.closed_folds()'))
    assert.equal(2, #before)
  end)

  it('follows the end where the cursor is there, and leaves it alone elsewhere', function()
    editor:say('Hello fast')
    editor:lua("vim.api.nvim_win_set_cursor(require('claude-bridge.chat.window').of(test.chat()), { 2, 0 })")
    editor:lua("test.chat():send('long 300 fast')")
    editor:sees('long 300 fast')
    editor:idle()
    local function row()
      return editor:lua("return vim.api.nvim_win_get_cursor(require('claude-bridge.chat.window').of(test.chat()))[1]")
    end
    assert.equal(2, row())
    editor:cmd('Claude long 400 fast')
    editor:sees('long 400 fast')
    editor:idle()
    assert.equal(#editor:lines(), row())
  end)

  --- Whether the chat's last line is in sight.
  local function is_at_end()
    return editor:lua([[
      vim.cmd.redraw()
      local window = require('claude-bridge.chat.window').of(test.chat())
      return vim.fn.screenpos(window, vim.api.nvim_buf_line_count(test.chat().buf), 1).row > 0
    ]])
  end

  it('has its end in sight, however long the lines are and whatever room there is', function()
    for number = 1, 6 do
      editor:say(('long %d0 fast'):format(number * 3))
      assert.is_true(is_at_end(), ('after %d turns'):format(number))
    end
    editor:cmd('vertical resize +30')
    editor:wait('vim.fn.winwidth(1) > 80')
    assert.is_true(is_at_end(), 'in a narrow window')
  end)

  it('has a line above it that says as much as there is room for', function()
    editor:say('Hello fast')
    local function winbar()
      return editor:lua([[
        vim.cmd.redraw()
        local window = require('claude-bridge.chat.window').of(test.chat())
        return vim.api.nvim_eval_statusline(vim.wo[window].winbar, { winid = window, use_winbar = true }).str
      ]])
    end
    assert.is_not_nil(winbar():match('^ Hello fast +user · %$0%.%d+ · %a+ $'), winbar())
    editor:cmd('vertical resize +27')
    editor:wait('vim.fn.winwidth(2) < 24')
    assert.is_not_nil(winbar():match('^ Hello .*%a+ $'), winbar())
    assert.is_nil(winbar():find('<', 1, true), winbar())
  end)

  it('is shown in place of another one, in the same window', function()
    editor:say('Hello fast')
    editor:cmd('Claude! Hello again fast')
    editor:sees('You said “Hello again')
    editor:idle()
    assert.equal(3, editor:lua('return #vim.api.nvim_tabpage_list_wins(0)'))
    editor:cmd('ClaudeSessions')
    editor:pick('Hello fast')
    editor:wait("test.chat().session.title == 'Hello fast' and vim.bo.filetype == 'claude-prompt'")
    assert.equal(3, editor:lua('return #vim.api.nvim_tabpage_list_wins(0)'))
  end)

  it('leaves the person where they are', function()
    editor:cmd('edit ' .. editor:file('a.txt', { 'one', 'two' }))
    editor:type('Go')
    editor:cmd('Claude Hello fast')
    editor:sees('You said')
    editor:idle()
    editor:type('three')
    editor:wait("vim.api.nvim_get_current_line() == 'three'")
    assert.equal('a.txt', editor:lua("return vim.fn.expand('%:t')"))
    assert.equal('i', editor:lua('return vim.api.nvim_get_mode().mode'))
  end)

  it('ends a turn that fails with what had come and why', function()
    editor:cmd('Claude die fast')
    editor:sees('**Failed:**')
    local text = editor:text()
    assert.is_not_nil(text:find('I was about to say that', 1, true))
    assert.is_not_nil(text:find('exit code 1', 1, true))
    editor:say('Hello again fast')
  end)

  it('interrupts a turn, and goes on with the next message', function()
    editor:cmd('Claude slow')
    editor:wait('test.chat().turn')
    editor:cmd('ClaudeInterrupt')
    editor:sees('**Interrupted.**')
    editor:say('recall')
    editor:sees('- slow')
  end)

  it('says so where there is nothing to interrupt', function()
    editor:say('Hello fast')
    editor:cmd('ClaudeInterrupt')
    editor:told('Nothing runs')
  end)

  it('runs messages that come during a turn one after the other', function()
    editor:cmd('Claude long 30')
    editor:wait('test.chat().turn')
    editor:cmd('Claude second fast')
    editor:cmd('Claude recall')
    editor:sees('You said before')
    editor:idle()
    local text = editor:text()
    assert.is_true(text:find('\nlong 30', 1, true) < text:find('\nsecond fast', 1, true))
    assert.is_true(text:find('\nsecond fast', 1, true) < text:find('\nrecall', 1, true))
  end)

  it('sends a selection as a block of the file', function()
    editor:cmd('edit ' .. editor:file('main.py', { 'def main():', '    pass', '', 'main()' }))
    editor:cmd('1,2Claude What is this fast')
    editor:sees('With it came')
    assert.is_not_nil(editor:text():find('`@main.py:1-2`', 1, true))
    editor:idle()
  end)

  it('sends a selection of characters with its exact range', function()
    editor:file('umlaut.txt', { 'a grüße𝄞 b', 'c' })
    editor:cmd('edit umlaut.txt')
    editor:type('2lv5l<Esc>')
    editor:wait("vim.fn.visualmode() == 'v'")
    local block = editor:lua([[
      local content = require('claude-bridge.prompt.content')
      return content.selection({ line1 = 1, line2 = 1, range = 2 })
    ]])
    assert.equal('grüße𝄞', block.text)
    assert.same({ line = 0, character = 2 }, block.range.start)
    assert.same({ line = 0, character = 9 }, block.range['end'])
  end)

  it('shows in its heading what a turn cost', function()
    editor:say('Hello fast')
    assert.is_not_nil(editor:lua('return test.virtual_text(test.chat().buf)'):match('%$0%.%d+  %d+%.%d s'))
  end)

  it('tells a statusline what goes on', function()
    assert.equal('', editor:lua("return require('claude-bridge').status()"))
    editor:cmd('Claude slow')
    editor:wait("require('claude-bridge').status():find('works')")
    editor:cmd('ClaudeInterrupt')
    editor:wait("require('claude-bridge').state().busy == false")
  end)

  it('makes LspProgress events for whatever shows them', function()
    editor:lua([[
      test.progress = {}
      vim.api.nvim_create_autocmd('LspProgress', { callback = function(event)
        table.insert(test.progress, event.data.params.value.kind)
      end })
    ]])
    editor:say('read a.md')
    local kinds = editor:wait("vim.list_contains(test.progress, 'end') and test.progress")
    assert.equal('begin', kinds[1])
    assert.is_true(vim.list_contains(kinds, 'report'))
    assert.is_true(#kinds < 20, 'deltas are no work-done progress')
  end)

  it('leaves no session behind in which nothing was said', function()
    editor:cmd('Claude')
    editor:wait('test.chat().session')
    editor:cmd('bwipeout! ' .. editor:lua('return test.chat().buf'))
    local left
    vim.wait(5000, function()
      left = #editor:request('session/list', {}).sessions
      return left == 0
    end, 20)
    assert.equal(0, left)
  end)
end)
