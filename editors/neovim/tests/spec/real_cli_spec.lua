local editors = require('support.editor')

--- The Claude CLI that tests/cli pins.
local function cli()
  local found =
    vim.fn.glob(editors.root .. '/../../tests/cli/node_modules/@anthropic-ai/claude-code-*/claude', true, true)
  assert.is_true(#found > 0, 'there is no Claude CLI: run npm ci --prefix tests/cli --ignore-scripts')
  return found[1]
end

describe('with the real Claude CLI', function()
  local editor, api

  before_each(function()
    local home = editors.home()
    local said
    api = vim.system({ 'python3', editors.root .. '/tests/support/api.py', home }, {
      stdin = true,
      stdout = function(_, data)
        said = said or data
      end,
    })
    assert.is_true(vim.wait(10000, function()
      return said ~= nil
    end, 10))
    editor = editors.start({
      home = home,
      environment = vim.json.decode(said),
      plugin = { cmd = { editors.bridge(), '--cli', cli() } },
    })
  end)

  after_each(function()
    editors.stop_all()
    api:write(nil)
    api:wait(5000)
  end)

  it('a person asks, allows, denies, interrupts and goes on', function()
    editor:say('say a secret word')
    assert.is_not_nil(editor:text():find('\na secret word\n', 1, true))

    local path = editor.folder .. '/allowed.txt'
    editor:cmd('Claude write ' .. path)
    editor:asked()
    local windows = editor:lua('return #vim.api.nvim_tabpage_list_wins(0)')
    assert.equal(2, windows, 'the new file is shown as a diff')
    editor:pick('Allow once')
    editor:sees('the tool said')
    editor:idle()
    assert.same({ 'written' }, vim.fn.readfile(path))

    path = editor.folder .. '/denied.txt'
    editor:cmd('Claude write ' .. path)
    editor:pick('say why')
    editor:enter('not there')
    editor:sees('not there')
    editor:idle()
    assert.equal(0, vim.fn.filereadable(path))

    editor:cmd('Claude forever')
    editor:wait("test.chat().spinner.words == 'Claude writes'")
    editor:cmd('ClaudeInterrupt')
    editor:sees('**Interrupted.**')
    editor:say('say we go on')
    -- The stand-in repeats what it was told, so this says that Claude knows of the interruption.
    editor:sees('[Request interrupted by user]')
  end)
end)
