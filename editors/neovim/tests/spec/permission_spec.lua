local editors = require('support.editor')

describe('what Claude asks', function()
  local editor

  before_each(function()
    editor = editors.start()
    editor:file('notes.md', { '# Notes', '', '- Try the demo', '- Read the README' })
  end)

  after_each(editors.stop_all)

  --- What the windows of this tab page show.
  local function windows()
    return editor:lua([[
      return vim.tbl_map(function(window)
        return {
          lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false),
          diff = vim.wo[window].diff,
        }
      end, vim.api.nvim_tabpage_list_wins(0))
    ]])
  end

  it('shows an edit as a diff in a tab page before it is allowed', function()
    editor:cmd('Claude edit fast')
    local asked = editor:asked()
    assert.equal('Claude wants to: Edit notes.md', asked.prompt)
    local shown = windows()
    assert.equal(2, #shown)
    assert.is_true(shown[1].diff and shown[2].diff)
    assert.same({ '# Notes', '', '- Try the demo', '- Read the README' }, shown[1].lines)
    assert.equal('- Read the README, then build something', shown[2].lines[4])
    editor:pick('Allow once')
    editor:sees('would now be changed')
    assert.equal(1, editor:lua('return #vim.api.nvim_list_tabpages()'))
    editor:idle()
  end)

  it('sends what the person made of an edit', function()
    editor:cmd('Claude edit fast')
    editor:asked()
    editor:lua([[
      local client = require('claude-bridge.client')
      local request = client.request
      client.request = function(method, params, answer)
        test.sent = method == 'permission/answer' and params or test.sent
        return request(method, params, answer)
      end
      local windows = vim.api.nvim_tabpage_list_wins(0)
      vim.api.nvim_buf_set_lines(vim.api.nvim_win_get_buf(windows[2]), 3, 4, false, { '- Read it twice' })
    ]])
    editor:pick('Allow once')
    editor:sees('would now be changed')
    editor:idle()
    local sent = editor:lua('return test.sent.answer')
    assert.equal('allow', sent.behavior)
    assert.equal('# Notes\n\n- Try the demo\n- Read it twice', sent.updatedInput.new_string)
    assert.equal('# Notes\n\n- Try the demo\n- Read the README', sent.updatedInput.old_string)
  end)

  it('can be allowed for the session, and is not asked again', function()
    editor:cmd('Claude edit fast')
    editor:pick('this session')
    editor:sees('would now be changed')
    editor:idle()
    editor:say('edit fast')
    assert.is_false(editor:lua('return test.asked ~= nil'))
  end)

  it('can be denied, with a reason that Claude is told', function()
    editor:cmd('Claude edit fast')
    editor:pick('say why')
    editor:enter('it is mine')
    editor:sees('> it is mine')
    assert.equal(1, editor:lua('return #vim.api.nvim_list_tabpages()'))
    assert.is_not_nil(editor:lua('return test.virtual_text(test.chat().buf)'):find('✘', 1, true))
    editor:idle()
  end)

  it('stays open where it is dismissed, until it is answered after all', function()
    editor:cmd('Claude edit fast')
    editor:dismiss()
    editor:told(':ClaudeAnswer')
    assert.equal(1, editor:lua("return require('claude-bridge').state().asking"))
    editor:cmd('ClaudeAnswer')
    editor:pick('Allow once')
    editor:sees('would now be changed')
    assert.equal(0, editor:lua("return require('claude-bridge').state().asking"))
    editor:idle()
  end)

  it('does not come into the middle of typing', function()
    editor:cmd('edit other.txt')
    editor:type('i')
    editor:wait("vim.api.nvim_get_mode().mode == 'i'")
    editor:cmd('Claude edit fast')
    editor:told('leave this mode')
    editor:type('words<Esc>')
    editor:pick('Allow once')
    assert.same({ 'words' }, editor:lua("return vim.fn.getbufline('other.txt', 1, '$')"))
    editor:idle()
  end)

  it('is withdrawn where the turn is interrupted', function()
    editor:cmd('Claude edit fast')
    editor:asked()
    editor:cmd('ClaudeInterrupt')
    editor:sees('**Interrupted.**')
    assert.equal(0, editor:lua("return require('claude-bridge').state().asking"))
    assert.equal(1, editor:lua('return #vim.api.nvim_list_tabpages()'))
  end)

  it('can be a question', function()
    editor:cmd('Claude ask fast')
    local asked = editor:pick('Ahoy')
    assert.equal('[Greeting] Which greeting do you like best?', asked.prompt)
    assert.equal('Hello: Short and friendly', asked.labels[1])
    editor:sees('**Ahoy** it is')
    editor:idle()
  end)

  it('can be answered in words of the own', function()
    editor:cmd('Claude ask fast')
    editor:pick('Something else')
    editor:enter('Moin')
    editor:sees('**Moin** it is')
    editor:idle()
  end)

  it('can be several questions, of which some take several answers', function()
    editor:lua([[
      require('claude-bridge.permission.question').ask({ permission = { questions = {
        { question = 'One?', header = '', multiSelect = false, options = { { label = 'a', description = '' } } },
        { question = 'Many?', header = 'M', multiSelect = true, options = {
          { label = 'x', description = '' }, { label = 'y', description = '' }, { label = 'z', description = '' } } },
      } } }, function(answer) test.answer = answer end)
    ]])
    editor:pick('a')
    editor:pick('] x')
    editor:pick('] z')
    assert.same({ '[x] x', '[ ] y', '[x] z' }, vim.list_slice(editor:asked().labels, 1, 3))
    editor:pick('[x] x')
    editor:pick('Something else')
    editor:enter('w')
    editor:pick('That is all')
    local answer = editor:wait('test.answer')
    assert.same({ behavior = 'allow', answers = { ['One?'] = 'a', ['Many?'] = { 'z', 'w' } } }, answer)
  end)

  it('can be a plan, which is shown', function()
    editor:cmd('Claude plan fast')
    editor:asked()
    local shown = windows()
    assert.is_true(vim.iter(shown):any(function(window)
      return vim.list_contains(window.lines, '2. Count to three')
    end))
    editor:pick('Carry out')
    editor:sees('You approved the plan')
    editor:idle()
  end)

  it('shows a command before it is run', function()
    editor:lua([[
      require('claude-bridge.permission.tool').ask({ permission = {
        toolName = 'Bash', title = 'Run make clean', input = { command = 'make clean\nmake' }, suggestions = {},
      } }, function(answer) test.answer = answer end)
    ]])
    local shown = windows()
    assert.same({ '```sh', 'make clean', 'make', '```' }, shown[#shown].lines)
    editor:pick('Deny')
    assert.same({ behavior = 'deny' }, editor:wait('test.answer'))
  end)
end)
